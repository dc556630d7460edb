#!/usr/bin/env bash
# Every registered saga with a crash, and with a lost answer, at each point that it passes. Each scenario is taken in two parts side by side, each in a shop of its
# own with an audit after each twentieth place and at the end. JOBS of them run at once: they often wait, but more shops also have more to do while they wait. Each is kept to one
# processor, which nearly halves what starting a shop costs on a virtual machine. EMP_FAULT_EVERY=7 EMP_FAULT_FIRST=1 takes every seventh point. The logs in
# build/dev/crash tell how far it is; the last lines say how many points were covered. RESUME=1 takes what the logs of before do not tell: places that a run which
# was ended by hand had not come to, and places that came up since.
set -euo pipefail
cd "$(dirname "$0")/.."
tools/build.sh dev crash_test emporion
export logs=build/dev/crash EMP_FAULT_EVERY=${EMP_FAULT_EVERY:-1} EMP_FAULT_FIRST=${EMP_FAULT_FIRST:-1} EMP_FAULT_AUDIT=${EMP_FAULT_AUDIT:-20} EMP_FAULT_PARTS=2
if [ -n "${RESUME:-}" ]; then
  mkdir -p "$logs/before"
  find "$logs" -maxdepth 1 -name '*.log' -exec sh -c 'mv "$1" "$2/$(date +%s)-$(basename "$1")"' - {} "$logs/before" \;
  export EMP_FAULT_TAKEN=$PWD/$logs/taken
  for log in "$logs"/before/*.log; do
    if grep -q 'Failure$' "$log"; then continue; fi
    scenario=$(basename "$log" | sed 's/.*-//; s/[.].*//')
    # "crash at place 3 of 146: checkout.commit.after, pass 1"; where no end is told, the last one is not known to have passed.
    sed -n "s/^\([a-z]*\) at place .*: \(.*\), pass \([0-9]*\)\$/\1 $scenario \2 \3/p" "$log" | if grep -q '^COVERED' "$log"; then cat; else head -n -1; fi
  done >"$EMP_FAULT_TAKEN"
  echo "$(wc -l <"$EMP_FAULT_TAKEN") places were taken before"
else
  rm -rf "$logs" && mkdir -p "$logs"
fi

run_part() {  # run_part TEST PART
  local log="$logs/${1//\//-}.$2.log"
  EMP_FAULT_PART=$2 taskset -c $((slot % $(nproc))) build/dev/tests/crash/crash_test --gtest_filter="$1" >"$log" 2>&1 || { echo "FAILED $1: $log"; exit 1; }
}
export -f run_part
failed=0
build/dev/tests/crash/crash_test --gtest_list_tests | sed 's/ *#.*//' | awk '/^[^ ]/ {suite = $1} /^ / {print suite $1, 1; if (suite ~ /Enumeration/) print suite $1, 2}' |
  xargs -P "${JOBS:-$(($(nproc) * 2))}" -L 1 --process-slot-var=slot bash -c 'run_part "$@"' part || failed=1
find "$logs" -name '*.log' -exec grep -h '^COVERED' {} + | sort | awk '{
  print
  for (i = 2; i <= NF; i++) { split($i, pair, "="); if (pair[1] == "action") action = pair[2]; else if (pair[1] !~ /scenario|counted|seconds/) { sum[action " " pair[1]] += pair[2] } }
} END { for (key in sum) print "TOTAL " key " " sum[key] | "sort" }'
exit $failed
