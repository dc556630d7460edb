#!/usr/bin/env bash
# Every registered saga with a crash, and with a lost answer, at each point that it passes; each scenario in a shop of its own, JOBS of them side by side (they mostly wait).
# EMP_FAULT_EVERY=7 EMP_FAULT_FIRST=1 takes every seventh point. The logs in build/dev/crash
# tell how far it is; the last lines say how many points were covered.
set -euo pipefail
cd "$(dirname "$0")/.."
tools/build.sh dev crash_test emporion
logs=build/dev/crash
rm -rf "$logs" && mkdir -p "$logs"
export EMP_FAULT_EVERY=${EMP_FAULT_EVERY:-1} EMP_FAULT_FIRST=${EMP_FAULT_FIRST:-1} logs
test=build/dev/tests/crash/crash_test
failed=0
"$test" --gtest_list_tests | sed 's/ *#.*//' | awk '/^[^ ]/ {suite = $1} /^ / {print suite $1}' |
  xargs -P "${JOBS:-$(($(nproc) * 2))}" -I{} bash -c 'name={}; build/dev/tests/crash/crash_test --gtest_filter="$name" >"$logs/${name//\//-}.log" 2>&1 || { echo "FAILED $name: $logs/${name//\//-}.log"; exit 1; }' || failed=1
cat "$logs"/*.log | grep '^COVERED' | sort | awk '{
  print
  for (i = 2; i <= NF; i++) { split($i, pair, "="); if (pair[1] == "action") action = pair[2]; else if (pair[1] != "scenario" && pair[1] != "seconds") { sum[action " " pair[1]] += pair[2] } }
} END { for (key in sum) print "TOTAL " key " " sum[key] | "sort" }'
exit $failed
