#!/usr/bin/env bash
# Builds the image and sells in containers, by the commands of docs/operating.md: tools/containers.sh [one|per-domain|per-module]. One process is killed, all are stopped and
# started again, and each time it buys and audits. Needs the rights to end a container's process, and a container engine that has, or reaches, debian:bookworm-slim
# and postgres:15-bookworm. Leaves the image, and nothing else. Exit code: 0 all held, 1 something did not, 77 it cannot run here.
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
  exit 77
fi
emporion=build/bin/emporion
work=$(mktemp -d /tmp/emporion-containers.XXXXXX)
shop=$work/shop
url=http://127.0.0.1:18080

compose() { docker-compose --project-name "emporion-$$" --project-directory "$shop" -f "$shop/compose.yaml" "$@"; }
clean_up() {
  local code=$?
  [ $code -eq 0 ] || compose logs --no-color --tail 20 >&2 2>/dev/null || true
  compose down --volumes >/dev/null 2>&1 || true
  rm -rf "$work"
}
say() { echo "test-containers: $*" >&2; }
wait_until() {  # wait_until WHAT COMMAND…
  local end=$((SECONDS + 90))
  until "${@:2}" >/dev/null 2>&1; do
    if [ $SECONDS -ge $end ]; then say "not within 90 s: $1"; return 1; fi
    sleep 1
  done
}
state() { docker inspect -f "{{.State.$2}}" "$(compose ps -q "$1")"; }
# A service is healthy when its own process is ready; together they are when all are.
is_healthy() { [ "$(state "$1" Health.Status)" = healthy ]; }
are_healthy() { local service; for service in $(compose config --services | grep -v '^migrate$'); do is_healthy "$service" || return 1; done; }
sells() {
  "$emporion" load buy --count 20 --url "$url" --quiet
  compose run --rm migrate audit --placement /etc/emporion/placement/placement.yaml 2>/dev/null | tail -1
}

trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
say "building the image: some ten minutes, unless nothing has changed"
docker build -q -f deploy/docker/Dockerfile -t emporion:0.1.0 . >/dev/null

cat "deploy/placement/$placement.yaml" bench/checkout/placement.yaml >"$work/$placement.yaml"
"$emporion" placement export --compose "$shop" "$work/$placement.yaml"
[ "$placement" = one ] || "$emporion" pki init --placement "$shop/placement.yaml" --folder "$shop/pki" >/dev/null
mkdir -p "$shop/keys" && openssl rand 32 >"$shop/keys/identity.key"
printf 'EMPORION_DATABASE_PASSWORD=%s\nEMPORION_USER=%s\nEMPORION_HTTP=127.0.0.1:18080\n' "$(openssl rand -hex 24)" "$(id -u):$(id -g)" >"$shop/.env"
say "starting $placement"
compose up -d 2>/dev/null
wait_until "every process healthy" are_healthy
python3 -B bench/shop.py "$work/assortment.csv"
compose run --rm -v "$work/assortment.csv:/assortment.csv:ro" "$with_key" import online-retail /assortment.csv --placement /etc/emporion/placement/placement.yaml >/dev/null 2>&1
sells
say "killing $to_kill"
started=$(state "$to_kill" StartedAt)
kill -KILL "$(state "$to_kill" Pid)"
is_back() { [ "$(state "$to_kill" StartedAt)" != "$started" ] && are_healthy; }
wait_until "$to_kill healthy again" is_back
sells
say "stopping all, and starting again"
compose down 2>/dev/null
compose up -d 2>/dev/null
wait_until "every process healthy" are_healthy
sells
say "$placement sold three times twenty orders in containers, and every audit is clean"
