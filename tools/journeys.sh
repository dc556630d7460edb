#!/usr/bin/env bash
# The journeys over each placement of deploy/placement, or over those named: tools/journeys.sh [per-module …]. SUITES="Purchase Desk" takes these only.
set -euo pipefail
cd "$(dirname "$0")/.."
tools/build.sh dev journeys_test emporion
exec python3 -B tools/journeys/journeys.py "$@"
