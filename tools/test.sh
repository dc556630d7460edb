#!/usr/bin/env bash
# Builds everything in the dev preset and runs every test. EMP_TEST_PRESET=asan or tsan runs them under sanitizers.
set -euo pipefail
cd "$(dirname "$0")/.."
preset=${EMP_TEST_PRESET:-dev}
tools/build.sh "$preset"
told=$PWD/build/$preset/tests.xml
rm -f "$told"
code=0
ctest --test-dir "build/$preset" --output-on-failure --output-junit "$told" -j "${JOBS:-$(nproc)}" "$@" || code=$?
[ "$code" = 0 ] || [ ! -f "$told" ] || tools/failures.py "$told" # the last lines of a long log are the ones that are read
exit "$code"
