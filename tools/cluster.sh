#!/usr/bin/env bash
# Three hosts on this machine, faults one after the other, and what the shop's books say after each: tools/cluster.sh [--only NAME,…] [--list] [--self-test]
# Everything is made in namespaces of its own (network, mounts, processes), which the kernel takes away with their first process, however that ends; so is the
# folder. EMP_EMPORION names the program (default: of build/dev), EMP_EMPORION_EARLIER the one of the build before, from which the rolling upgrade begins
# (default: tools/earlier.sh makes it). Exit code: 0 all held, 1 something did not, 77 it cannot run here (not root, or programs are missing).
set -euo pipefail
cd "$(dirname "$0")/.."
if [ "$(id -u)" -ne 0 ]; then
  echo "test-cluster: needs root, for network namespaces and mounts of its own: sudo make test-cluster" >&2
  exit 77
fi
missing=()
packages=$(grep -v '^#' tools/packages-cluster.txt)
if [ "${1:-}" = --self-test ]; then packages="iproute2 iptables ethtool"; fi # These are in tools/packages-tests.txt.
for package in iproute2 iptables ethtool $packages; do
  dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
done
if [ ${#missing[@]} -gt 0 ]; then
  echo "test-cluster: these Debian packages are missing: apt-get install --no-install-recommends ${missing[*]}" >&2
  exit 77
fi
if ! unshare --mount --net --pid --fork true 2>/dev/null; then
  echo "test-cluster: this kernel or container allows no namespaces (unshare --mount --net --pid)" >&2
  exit 77
fi
export PYTHONDONTWRITEBYTECODE=1
case " $* " in
  *" --self-test "* | *" --list "*) ;;
  *rolling_upgrade* | "  ") export EMP_EMPORION_EARLIER=${EMP_EMPORION_EARLIER:-$(tools/earlier.sh)} ;;
esac
work=$(mktemp -d "${TMPDIR:-/tmp}/emporion-cluster-XXXXXX")
chmod 755 "$work"
child=
trap 'rm -rf "$work"' EXIT
trap '[ -z "$child" ] || kill -KILL "$child" 2>/dev/null' INT TERM
# The shell in between takes the status of whatever loses its parent.
unshare --mount --net --pid --fork --kill-child=SIGKILL --mount-proc bash -c '"$@" & wait $!' cluster python3 tests/cluster/main.py --work "$work" "$@" &
child=$!
code=0
wait "$child" || code=$?
if [ "$code" -ne 0 ] && [ -n "${KEEP_LOGS:-}" ]; then cp -r "$work/logs" "$KEEP_LOGS"; fi
exit "$code"
