#!/usr/bin/env bash
# Certificates for PostgreSQL, etcd and Patroni: certificates.sh FOLDER NAME=ADDRESS… makes FOLDER/ca.pem and NAME.pem, NAME.key for each node. What is there
# stays. ca.key signs new nodes and is needed nowhere else: keep it where no server runs.
set -euo pipefail
[ $# -ge 2 ] || { echo "usage: $0 FOLDER NAME=ADDRESS…" >&2; exit 2; }
folder=$1
shift
umask 077
mkdir -p "$folder"
cd "$folder"
if [ ! -e ca.key ]; then
  openssl ecparam -name prime256v1 -genkey -noout -out ca.key
  openssl req -x509 -new -key ca.key -days 3650 -subj "/CN=Emporion databases" -out ca.pem
  echo "ca.pem: made"
fi
for node in "$@"; do
  name=${node%%=*} address=${node#*=}
  [ -e "$name.pem" ] && continue
  case $address in *[!0-9.]*) kind=DNS ;; *) kind=IP ;; esac
  openssl ecparam -name prime256v1 -genkey -noout -out "$name.key"
  # Of both sides: members of etcd call each other, and etcd calls itself.
  openssl req -new -key "$name.key" -subj "/CN=$name" -out "$name.csr"
  openssl x509 -req -in "$name.csr" -CA ca.pem -CAkey ca.key -CAcreateserial -days 825 -out "$name.pem" 2>/dev/null \
    -extfile <(printf 'subjectAltName=%s:%s,DNS:%s,IP:127.0.0.1,DNS:localhost\nextendedKeyUsage=serverAuth,clientAuth\n' "$kind" "$address" "$name")
  rm "$name.csr"
  echo "$name.pem: made, for $address"
done
chmod 644 ca.pem ./*.pem
