#!/usr/bin/env bash
# Makes deploy/{kubernetes,compose,systemd} again of the placements in deploy/placement: export_deploy.sh PROGRAM FOLDER (deploy for the tree itself).
set -euo pipefail
cd "$(dirname "$0")/.."
program=$1
folder=$2
for file in deploy/placement/*.yaml; do
  name=$(basename "$file" .yaml)
  for form in kubernetes compose systemd; do
    "$program" placement export "--$form" "$folder/$form/$name" "$file" >/dev/null
  done
done
