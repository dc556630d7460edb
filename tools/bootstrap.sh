#!/usr/bin/env bash
# Installs the Debian packages that Emporion is built and tested with, and what tests take from npm: tools/bootstrap.sh [--run]
# --run: only what it is built and run with. Quick when nothing is missing; safe to repeat.
set -euo pipefail
cd "$(dirname "$0")/.."
case "${1:-}" in
  "") packages=$(grep -hv '^#' tools/packages.txt tools/packages-tests.txt) of_npm=tools/npm_install.sh ;;
  --run) packages=$(grep -v '^#' tools/packages.txt) of_npm=true ;;
  *) echo "usage: tools/bootstrap.sh [--run]" >&2; exit 2 ;;
esac
missing=()
# What an installed package provides is there too: nodejs from elsewhere brings npm with it.
provided=" $(dpkg-query -W -f='${db:Status-Abbrev}|${Provides}\n' | sed -n 's/^ii *|//p' | tr ',\n' '  ') "
for package in $packages; do
  dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || [[ $provided == *" $package "* ]] || missing+=("$package")
done
if [ ${#missing[@]} -eq 0 ]; then exec "$of_npm"; fi
as_root=()
if [ "$(id -u)" -ne 0 ]; then
  command -v sudo >/dev/null || { echo "bootstrap: these packages are missing and neither root nor sudo is at hand: ${missing[*]}" >&2; exit 1; }
  as_root=(sudo)
fi
log=$(mktemp)
trap 'rm -f "$log"' EXIT
step() {
  echo "bootstrap: $1"
  shift
  "$@" >"$log" 2>&1 || { tail -20 "$log" >&2; echo "bootstrap: failed: $*" >&2; exit 1; }
}
step "refreshing the package lists" "${as_root[@]}" apt-get update
# A cluster of Debian's own is not wanted: Emporion makes a private one.
if [ ! -e /etc/postgresql-common/createcluster.conf ]; then
  "${as_root[@]}" mkdir -p /etc/postgresql-common
  echo 'create_main_cluster = false' | "${as_root[@]}" tee /etc/postgresql-common/createcluster.conf >/dev/null
fi
# Nor a broker: tests start theirs.
if [[ " ${missing[*]} " == *" rabbitmq-server "* && ! -e /etc/systemd/system/rabbitmq-server.service ]]; then
  "${as_root[@]}" mkdir -p /etc/systemd/system
  "${as_root[@]}" ln -s /dev/null /etc/systemd/system/rabbitmq-server.service
fi
step "installing ${#missing[@]} packages: ${missing[*]}" "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "${missing[@]}"
[ -n "${1:-}" ] || step "installing what the tests take from npm" "$of_npm"
echo "bootstrap: done"
