#!/usr/bin/env bash
# must_not_compile.sh COMPILER INCLUDES_FILE SOURCE MESSAGE
# The source compiles as it is, and with -DBREAK it is refused with MESSAGE (a regular expression). Without the first half a wrong path would pass for a wall.
set -euo pipefail
compiler=$1 includes_file=$2 source=$3 message=$4
mapfile -t folders < <(tr ';' '\n' <"$includes_file" | grep .)
flags=(-std=c++23 -fsyntax-only -Wall -Wextra -Wconversion -Wno-sign-conversion -Werror "${folders[@]/#/-I}")
if ! "$compiler" "${flags[@]}" "$source"; then
  echo "the fixture does not compile even before it breaks the wall"
  exit 1
fi
if refusal=$("$compiler" "${flags[@]}" -DBREAK "$source" 2>&1); then
  echo "the fixture broke the wall and was not refused"
  exit 1
fi
if ! grep -qE "$message" <<<"$refusal"; then
  echo "refused, but not with '$message':"
  echo "$refusal"
  exit 1
fi
grep -E -m1 "$message" <<<"$refusal"
