#!/usr/bin/env bash
# Configures a preset if needed and builds targets: tools/build.sh dev [target …]
set -euo pipefail
cd "$(dirname "$0")/.."
preset=$1
shift
export CCACHE_BASEDIR=$PWD CCACHE_NOHASHDIR=1 CCACHE_SLOPPINESS=pch_defines,time_macros
if [ ! -f "build/$preset/build.ninja" ]; then
  cmake --preset "$preset" >"build-$preset.log" 2>&1 || { tail -30 "build-$preset.log" >&2; exit 1; }
  rm -f "build-$preset.log"
fi
exec ninja -C "build/$preset" -j "${JOBS:-$(nproc)}" "$@"
