#!/usr/bin/env bash
# Reads what is made of each placement with the tools of those who will run it. Usage: manifests.sh PROGRAM
set -euo pipefail
cd "$(dirname "$0")/../.."
program=$1
made=$(mktemp -d)
trap 'rm -rf "$made"' EXIT
node tests/packaging/lint/dockerfile.js deploy/docker/Dockerfile
tools/export_deploy.sh "$program" "$made"
yamllint --strict -c tests/packaging/yamllint.yaml "$made"
for file in deploy/placement/*.yaml; do
  name=$(basename "$file" .yaml)
  EMPORION_DATABASE_PASSWORD=x docker-compose -f "$made/compose/$name/compose.yaml" config --quiet
  bash -n "$made/compose/$name/make-databases.sh"
  folder=$made/kubernetes/$name
  "$program" placement check "$folder/base/placement.yaml"
  "$program" placement graph "$file" >"$made/graph.txt"
  # What only the shop's owner has.
  "$program" pki init --placement "$folder/base/placement.yaml" --folder "$folder/secrets/pki" >/dev/null
  mkdir -p "$folder/secrets/database"
  for process in postgres $(sed -n 's/^process \([^,:]*\).*/\1/p' "$made/graph.txt"); do openssl rand -hex 24 | tr -d '\n' >"$folder/secrets/database/$process"; done
  openssl rand 32 >"$folder/secrets/identity.key"
  node tests/packaging/lint/kubernetes.js "$folder" "$made/graph.txt"
done
