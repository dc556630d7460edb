#!/bin/sh
# Every way that a module may move (ADR 0034). ARGS: options of the test program, --gtest_filter=EveryMove* for those that kill.
set -eu
cd "$(dirname "$0")/.."
tools/build.sh dev journeys_test
[ $# -gt 0 ] || set -- '--gtest_filter=EveryMove*:*EveryModule*'
EMP_EVERY_MOVE=1 exec build/dev/tests/journeys/journeys_test "$@"
