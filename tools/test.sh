#!/usr/bin/env bash
# Builds everything in the dev preset and runs every test. EMP_TEST_PRESET=asan or tsan runs them under sanitizers.
set -euo pipefail
cd "$(dirname "$0")/.."
preset=${EMP_TEST_PRESET:-dev}
tools/build.sh "$preset"
exec ctest --test-dir "build/$preset" --output-on-failure -j "${JOBS:-$(nproc)}" "$@"
