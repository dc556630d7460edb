#!/usr/bin/env bash
# Installs what the tests take from npm, as each package-lock.json pins it. Quick when it is there already.
set -euo pipefail
cd "$(dirname "$0")/.."
for folder in tests/simulators/sdk tests/clients/grpc_js tests/packaging/lint; do
  (
    cd "$folder"
    wanted=$(sha256sum package-lock.json)
    if [ "$(cat node_modules/.installed 2>/dev/null || true)" = "$wanted" ]; then exit 0; fi
    command -v npm >/dev/null || { echo "npm_install.sh: npm is missing: run make bootstrap" >&2; exit 1; }
    npm ci --ignore-scripts --no-audit --no-fund
    echo "$wanted" >node_modules/.installed
  )
done
