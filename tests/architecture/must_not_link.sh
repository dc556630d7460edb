#!/usr/bin/env bash
# must_not_link.sh FIXTURE_PROJECT BUILD_FOLDER CMAKE_FOLDER COMPILER
# Builds the fixture project with the repository's own cmake/Modules.cmake: the library that declares its neighbour links, the one that does not is refused.
set -euo pipefail
project=$1 build=$2 cmake_folder=$3 compiler=$4
rm -rf "$build"
cmake -S "$project" -B "$build" -G Ninja -DCMAKE_CXX_COMPILER="$compiler" -DEMP_CMAKE="$cmake_folder" >/dev/null
cmake --build "$build" --target link_test_declared
if refusal=$(cmake --build "$build" --target link_test_undeclared 2>&1); then
  echo "a symbol of an undeclared library was linked"
  exit 1
fi
grep -E -m1 'undefined (symbol|reference).*secret_of_the_neighbour' <<<"$refusal" || { echo "refused for another reason: $refusal"; exit 1; }
