#!/usr/bin/env bash
# What lies in deploy/ is what the placements there say. Usage: drift.sh PROGRAM
set -euo pipefail
cd "$(dirname "$0")/../.."
made=$(mktemp -d)
trap 'rm -rf "$made"' EXIT
tools/export_deploy.sh "$1" "$made"
failed=0
for form in kubernetes compose systemd; do diff -ru "deploy/$form" "$made/$form" || failed=1; done
[ "$failed" -eq 0 ] || { echo "drift.sh: deploy/ is not what the placements say; make deploy, look at the difference, and commit it" >&2; exit 1; }
