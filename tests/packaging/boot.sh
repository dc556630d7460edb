#!/usr/bin/env bash
# Boots this machine's own Debian as a container that keeps nothing, installs the package in FOLDER there and runs installed.sh as its one service.
# What it sees is the real systemd with the real units; its network is a loopback of its own. Usage: boot.sh FOLDER (as root)
set -euo pipefail
cd "$(dirname "$0")/../.."
[ "$(id -u)" -eq 0 ] || { echo "boot.sh: a container is root's to boot: sudo $0 $1" >&2; exit 1; }
folder=$(realpath "$1")
place=$(mktemp -d "$folder/boot-XXXXXX")
leave() {
  umount "$place/root" || true
  rm -rf "$place"
}
trap leave EXIT
mkdir "$place"/{changes,work,root}
mount -t overlay overlay -o "lowerdir=/,upperdir=$place/changes,workdir=$place/work" "$place/root"
root=$place/root
install -d "$root/packaging"
cp "$folder"/emporion_*.deb tests/packaging/installed.sh tools/first_sale.sh deploy/placement/per-domain.yaml "$root/packaging/"
# Nothing of this machine starts there, and it is a machine of its own.
rm -rf "$root/etc/systemd/system"/*.wants "$root/var/lib/emporion" "$root/etc/emporion"
: >"$root/etc/machine-id"
cat >"$root/etc/systemd/system/packaging.service" <<'UNIT'
[Unit]
Requires=basic.target
After=basic.target
SuccessAction=exit-force
FailureAction=exit-force
FailureActionExitStatus=1
[Service]
Type=oneshot
ExecStart=/packaging/installed.sh
KillMode=mixed
TimeoutStopSec=5
StandardOutput=append:/packaging/log
StandardError=append:/packaging/log
UNIT
status=0
timeout 400 systemd-nspawn --quiet --directory="$root" --private-network --register=no --keep-unit --boot systemd.unit=packaging.service \
  >"$place/console" 2>&1 </dev/null || status=$?
cat "$root/packaging/log" || tail -20 "$place/console"
exit "$status"
