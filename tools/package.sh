#!/usr/bin/env bash
# Makes the Debian package of a program that is built: tools/package.sh PROGRAM FOLDER. Prints the package's path.
set -euo pipefail
cd "$(dirname "$0")/.."
program=$1
folder=$2
rm -rf "$folder"
mkdir -p "$folder/emporion/examples"
cp -r deploy/debian "$folder/emporion/debian"
cp "$program" "$folder/emporion/emporion"
cp deploy/debian/placement.yaml "$folder/emporion/placement.yaml"
cp deploy/placement/*.yaml deploy/wholesale.yaml "$folder/emporion/examples/"
log=$folder/build.log
(cd "$folder/emporion" && debian/rules binary) >"$log" 2>&1 || { tail -30 "$log" >&2; echo "package.sh: failed, see $log" >&2; exit 1; }
rm -rf "$folder/emporion"
ls "$folder"/emporion_*.deb
