#!/usr/bin/env bash
# Builds the image and sells in containers, by the commands of docs/operating.md: tools/containers.sh [one|per-domain|per-module]. One process is killed, all are stopped and
# started again, and each time it buys and audits. Needs the rights to end a container's process, and a container engine that has, or reaches, debian:bookworm-slim
# and postgres:15-bookworm. Leaves the image, and nothing else.
set -euo pipefail
cd "$(dirname "$0")/.."
placement=${1:-per-domain}
case "$placement" in
  one) with_key=all to_kill=all ;;
  per-domain) with_key=identity to_kill=commerce ;;
  per-module) with_key=auth to_kill=checkout ;;
  *) echo "usage: tools/containers.sh [one|per-domain|per-module]" >&2; exit 2 ;;
esac
if ! docker info >/dev/null 2>&1; then
  echo "test-containers: no container engine answers: apt-get install --no-install-recommends $(grep -v '^#' tools/packages-containers.txt), start it, and be allowed to use it" >&2
  exit 2
fi
emporion=build/bin/emporion
work=$(mktemp -d /tmp/emporion-containers.XXXXXX)
shop=$work/shop
url=http://127.0.0.1:18080

compose() { docker-compose --project-name "${work##*.}" --project-directory "$shop" -f "$shop/compose.yaml" "$@"; }
clean_up() {
  local code=$?
  [ $code -eq 0 ] || compose logs --no-color --tail 20 >&2 2>/dev/null || true
  compose down --volumes >/dev/null 2>&1 || true
  rm -rf "$work"
}
say() { echo "test-containers: $*" >&2; }
wait_until() {  # wait_until WHAT COMMAND…
  for _ in $(seq 90); do if "${@:2}" >/dev/null 2>&1; then return 0; fi; sleep 1; done
  say "not within 90 s: $1"
  return 1
}
# One process of several is ready before those that it needs are: a service is healthy when its own process is.
is_healthy() { [ "$(docker inspect -f '{{.State.Health.Status}}' "$(compose ps -q "$1")")" = healthy ]; }
are_healthy() { local service; for service in $(compose config --services | grep -v '^migrate$'); do is_healthy "$service" || return 1; done; }
sells() {
  "$emporion" load buy --count 20 --url "$url" --quiet
  compose run --rm migrate audit --placement /etc/emporion/placement/placement.yaml 2>/dev/null | tail -1
}

trap clean_up EXIT
say "building the image: some ten minutes, unless nothing has changed"
docker build -q -f deploy/docker/Dockerfile -t emporion:0.1.0 . >/dev/null

# All buyers come from one machine, and pounds are what is imported.
cat "deploy/placement/$placement.yaml" - >"$work/$placement.yaml" <<'YAML'
checkout: {currency: GBP}
gateway:
  rate:
    guest: {per_minute: 100000000, burst: 1000000}
    checkout_confirm: {per_minute: 100000000, burst: 1000000}
payment:
  risk: {enabled: false}
YAML
"$emporion" placement export --compose "$shop" "$work/$placement.yaml"
[ "$placement" = one ] || "$emporion" pki init --placement "$shop/placement.yaml" --folder "$shop/pki" >/dev/null
mkdir -p "$shop/keys" && openssl rand 32 >"$shop/keys/identity.key"
printf 'EMPORION_DATABASE_PASSWORD=%s\nEMPORION_USER=%s\nEMPORION_HTTP=127.0.0.1:18080\n' "$(openssl rand -hex 24)" "$(id -u):$(id -g)" >"$shop/.env"
say "starting $placement"
compose up -d 2>/dev/null
wait_until "every process healthy" are_healthy
awk 'BEGIN {
  print "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country"
  for (i = 0; i < 50; i++) printf "500001,B%d,Article %d,1000,2010-12-01T08:26:00,%.2f,,United Kingdom\n", 1000 + i, 1000 + i, 1.25 + i % 40 / 4
}' >"$work/assortment.csv"
compose run --rm -v "$work/assortment.csv:/assortment.csv:ro" "$with_key" import online-retail /assortment.csv --placement /etc/emporion/placement/placement.yaml >/dev/null 2>&1
sells
say "killing $to_kill"
started=$(docker inspect -f '{{.State.StartedAt}}' "$(compose ps -q "$to_kill")")
kill -KILL "$(docker inspect -f '{{.State.Pid}}' "$(compose ps -q "$to_kill")")"
is_back() { [ "$(docker inspect -f '{{.State.StartedAt}}' "$(compose ps -q "$to_kill")")" != "$started" ] && are_healthy; }
wait_until "$to_kill healthy again" is_back
sells
say "stopping all, and starting again"
compose down 2>/dev/null
compose up -d 2>/dev/null
wait_until "every process healthy" are_healthy
sells
say "$placement sold three times twenty orders in containers, and every audit is clean"
