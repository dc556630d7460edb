#!/usr/bin/env bash
# clang-tidy on the .cpp files that differ from main (or from the commit given), by the dev preset's compile commands: tools/tidy.sh [base]
# The rules of tools/tidy come first: they take a second.
set -euo pipefail
cd "$(dirname "$0")/.."
python3 tools/tidy/tidy.py
base=$(git merge-base "${1:-main}" HEAD)
mapfile -t files < <(git diff --name-only --diff-filter=d "$base" -- '*.cpp' ':!*/fixtures/*'; git ls-files --others --exclude-standard -- '*.cpp' ':!*/fixtures/*')
if [ ${#files[@]} -eq 0 ]; then echo "clang-tidy: no .cpp file differs from ${1:-main}"; exit 0; fi
echo "clang-tidy: ${#files[@]} files"
printf '%s\n' "${files[@]}" | xargs -P "${JOBS:-$(nproc)}" -n 1 clang-tidy-19 -p build/dev --quiet
