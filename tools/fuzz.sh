#!/usr/bin/env bash
# Fuzzes each target (or those named) for FUZZ_SECONDS, one after the other, and tells how often each ran. What breaks one is left in build/fuzz/findings.
#   --keep  then puts the few inputs that reach most into tests/fuzz/corpus, beside its seeds and regressions
set -euo pipefail
cd "$(dirname "$0")/.."
seconds=${FUZZ_SECONDS:-600}
keep=false
kept_max=40  # Inputs of a target in the tree.
if [ "${1:-}" = --keep ]; then keep=true; shift; fi
tools/build.sh fuzz fuzzers
mkdir -p build/fuzz/findings
failed=0
for program in $(find build/fuzz -type f -executable -name 'fuzz_*' | sort); do
  target=$(basename "$program" | sed 's/^fuzz_//')
  if [ $# -gt 0 ] && [[ " $* " != *" $target "* ]]; then continue; fi
  corpus=tests/fuzz/corpus/$target
  found=build/fuzz/found/$target
  log=build/fuzz/$target.log
  mkdir -p "$corpus" "$found" "build/fuzz/seeds/$target"
  result=ok
  EMP_FUZZ_SEEDS=build/fuzz/seeds/$target nice -n 19 "$program" -max_total_time="$seconds" -max_len=4096 -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 \
    -artifact_prefix="build/fuzz/findings/$target-" "$found" "$corpus" "build/fuzz/seeds/$target" >"$log" 2>&1 || result=BROKEN
  runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
  edges=$(grep -o 'cov: [0-9]*' "$log" | tail -1 || true)
  echo "$target: ${runs:-?} runs in $seconds s, ${edges:-no coverage}, $result"
  if [ "$result" != ok ]; then
    failed=1
    grep -aE 'ERROR|SUMMARY|Assert|assert|Test unit written' "$log" | head -5 >&2 || true
  elif $keep; then
    rm -rf "$found.kept" && mkdir "$found.kept"
    nice -n 19 "$program" -set_cover_merge=1 -max_len=400 "$found.kept" "$corpus" "$found" "build/fuzz/seeds/$target" >>"$log" 2>&1
    find "$corpus" -type f ! -name 'regression-*' ! -name 'seed-*' -delete
    # The merge writes what reaches most first.
    find "$found.kept" -type f -printf '%T@ %p\n' | sort -n | head -n "$kept_max" | cut -d' ' -f2- | xargs -r cp -t "$corpus"
    rm -rf "$found.kept"
  fi
done
exit $failed
