#!/usr/bin/env bash
# Installs the client's packages as package-lock.json pins them. Quick when they are there already.
set -euo pipefail
cd "$(dirname "$0")"
wanted=$(sha256sum package-lock.json)
if [ "$(cat node_modules/.installed 2>/dev/null || true)" = "$wanted" ]; then exit 0; fi
command -v npm >/dev/null || { echo "install.sh: npm is missing: run make bootstrap" >&2; exit 1; }
npm ci --ignore-scripts --no-audit --no-fund
echo "$wanted" >node_modules/.installed
