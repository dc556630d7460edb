#!/usr/bin/env bash
# The journeys over each placement of deploy/placement, or over those named, with one line for each suite: tools/journeys.sh [per-module …]
# SUITES="Purchase Desk" takes these only. Logs stay in build/dev/journeys. What is about one process or about the processes themselves is no part of it.
set -euo pipefail
cd "$(dirname "$0")/.."
tools/build.sh dev journeys_test emporion
[ $# -gt 0 ] || set -- one per-domain per-module
suites=${SUITES:-Purchase PromotedPurchase CardPurchase CreditPurchase RedirectPurchase InvoicedPurchase OrderLife Desk Contention Crowd LostAnswers PaymentWindow Administrator}
logs=build/dev/journeys
mkdir -p "$logs"
failed=0
for placement in "$@"; do
  for suite in $suites; do
    log=$logs/$placement-$suite.log
    began=$(date +%s)
    result=ok
    EMP_JOURNEY_PLACEMENT=$placement build/dev/tests/journeys/journeys_test --gtest_filter="$suite.*" >"$log" 2>&1 || { result="FAILED, see $log"; failed=1; }
    echo "$placement $suite: $(grep -c '^\[       OK' "$log" || true) of $(sed -n 's/^\[==========\] Running \([0-9]*\) test.*/\1/p' "$log") in $(($(date +%s) - began)) s, $result"
  done
done
exit $failed
