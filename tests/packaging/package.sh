#!/usr/bin/env bash
# The Debian package of PROGRAM, made in FOLDER: without a complaint of lintian, its units confined. Usage: package.sh PROGRAM FOLDER
set -euo pipefail
cd "$(dirname "$0")/../.."
export DEB_BUILD_OPTIONS=noautodbgsym
package=$(tools/package.sh "$1" "$2")
lintian --allow-root --fail-on error,warning,override "$package"
dpkg -x "$package" "$2/unpacked"
# Of 100: what a unit leaves open, as systemd counts it.
for unit in emporion.service emporion@.service; do
  systemd-analyze security --offline=true --threshold=20 "$2/unpacked/lib/systemd/system/$unit" >"$2/exposure.txt" || { cat "$2/exposure.txt"; exit 1; }
  tail -1 "$2/exposure.txt"
done
