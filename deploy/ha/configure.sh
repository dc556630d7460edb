#!/usr/bin/env bash
# What one node of the three reads: configure.sh NODE FOLDER NAME=ADDRESS… writes FOLDER/etcd.env, patroni.yml, haproxy.cfg and etcd/, patroni/ with its
# certificates, for NODE, which is one of the names. The same nodes, in the same order, on every host.
#   CERTIFICATES  folder of certificates.sh (default: FOLDER/../certificates)
#   PASSWORDS     file with the passwords of postgres, replicator, rewinder and of Patroni's own API, made if it is missing: the same on every host
#                 (default: CERTIFICATES/passwords)
#   DATA          where etcd and PostgreSQL keep their data (default: /var/lib/emporion-ha)
#   GATEWAYS      HOST:PORT… of Emporion's gateways, for the public entrance on port 80; none: no entrance
#   ENTRANCE      where the public comes in (default: *:80)
set -euo pipefail
[ $# -ge 3 ] || { sed -n '2,9s/^# \{0,1\}//p' "$0" >&2; exit 2; }
here=$(cd "$(dirname "$0")" && pwd)
node=$1 folder=$2
shift 2
umask 077
mkdir -p "$folder/etcd" "$folder/patroni"
folder=$(cd "$folder" && pwd)
certificates=${CERTIFICATES:-$folder/../certificates}
passwords=${PASSWORDS:-$certificates/passwords}
data=${DATA:-/var/lib/emporion-ha}
address=
etcd_cluster= etcd_hosts= subnets= primaries= gateways=
for each in "$@"; do
  name=${each%%=*} at=${each#*=}
  if [ "$name" = "$node" ]; then address=$at; fi
  etcd_cluster+=${etcd_cluster:+,}$name=https://$at:2380
  etcd_hosts+=${etcd_hosts:+,}$at:2379
  subnets+="    - hostssl replication replicator $at/32 scram-sha-256"$'\n'
  primaries+="  server $name $at:5432 check port 8008"$'\n'
done
[ -n "$address" ] || { echo "$0: $node is none of: $*" >&2; exit 2; }
number=0
for gateway in ${GATEWAYS:-}; do
  number=$((number + 1))
  gateways+="  server gateway$number $gateway check"$'\n'
done
if [ ! -e "$passwords" ]; then
  for role in postgres replicator rewinder patroni; do echo "$role=$(openssl rand -hex 24)"; done >"$passwords"
  echo "$passwords: made"
fi
password() { sed -n "s/^$1=//p" "$passwords"; }
for program in etcd patroni; do
  cp "$certificates/ca.pem" "$folder/$program/ca.pem"
  cp "$certificates/$node.pem" "$folder/$program/server.pem"
  cp "$certificates/$node.key" "$folder/$program/server.key"
done
fill() { # TEMPLATE → standard output; lines of their own where a word stands for several
  awk -v node="$node" -v address="$address" -v folder="$folder" -v data="$data" -v etcd_cluster="$etcd_cluster" -v etcd_hosts="$etcd_hosts" \
    -v replication="$subnets" -v primaries="$primaries" -v gateways="$gateways" -v entrance="${ENTRANCE:-*:80}" \
    -v postgres="$(password postgres)" -v replicator="$(password replicator)" -v rewinder="$(password rewinder)" -v patroni="$(password patroni)" '
    /@REPLICATION@/ { printf "%s", replication; next }
    /@PRIMARIES@/ { printf "%s", primaries; next }
    /@GATEWAYS@/ { printf "%s", gateways; next }
    /^# begin entrance/ { skipping = gateways == ""; next }
    /^# end entrance/ { skipping = 0; next }
    skipping { next }
    { gsub(/@NODE@/, node); gsub(/@ADDRESS@/, address); gsub(/@FOLDER@/, folder); gsub(/@DATA@/, data); gsub(/@ETCD_CLUSTER@/, etcd_cluster)
      gsub(/@ETCD_HOSTS@/, etcd_hosts); gsub(/@ENTRANCE@/, entrance); gsub(/@POSTGRES@/, postgres); gsub(/@REPLICATOR@/, replicator)
      gsub(/@REWINDER@/, rewinder); gsub(/@PATRONI@/, patroni); print }' "$here/$1"
}
fill etcd.env.in >"$folder/etcd.env"
fill patroni.yml.in >"$folder/patroni.yml"
fill haproxy.cfg.in >"$folder/haproxy.cfg"
if [ "$(id -u)" -eq 0 ]; then # The programs run as users of their own.
  chmod 711 "$folder"
  chown -R postgres:postgres "$folder/patroni" "$folder/patroni.yml"
  chown -R etcd:etcd "$folder/etcd" "$folder/etcd.env"
  chmod 644 "$folder/haproxy.cfg"
fi
echo "$folder: etcd.env, patroni.yml and haproxy.cfg for $node at $address"
