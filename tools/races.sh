#!/usr/bin/env bash
# The race suite in full: each race as often as it says, against two processes on one set of databases. EMP_RACE_SEED repeats the delays of a run; ARGS of make go to the test, e.g. --gtest_filter=*stock*.
set -euo pipefail
cd "$(dirname "$0")/.."
tools/build.sh dev races_test emporion
export EMP_RACE_ROUNDS=${EMP_RACE_ROUNDS:-full}
status=0
build/dev/tests/races/races_test "$@" | tee build/dev/races.log || status=$?
echo
grep '^RACED' build/dev/races.log
exit "$status"
