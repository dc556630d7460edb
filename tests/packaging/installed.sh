#!/usr/bin/env bash
# Runs inside the container: the package sells as one process with a PostgreSQL of its own, then as five processes on a server.
set -euo pipefail
cd /packaging
say() { printf '%s\n' "$*"; }
trap 'say "failed at line $LINENO"; tail -5 seed.log 2>/dev/null || true; journalctl --no-pager -n 40 -u "emporion*" || true' ERR
as_shop() { runuser -u emporion -- env --chdir=/var/lib/emporion "$@"; }
expect() { # WHAT WANTED FOUND
  [ "$2" = "$3" ] || { say "$1: wanted '$2', found '$3'"; false; }
}
shown() { systemctl show --value -p "$1" "$2"; }

dpkg -i emporion_*.deb
systemd-analyze verify emporion.service emporion@commerce.service
expect "the shop after the installation" inactive "$(systemctl is-active emporion || true)"
expect "who reads the placement" "root:emporion 640" "$(stat -c '%U:%G %a' /etc/emporion/placement.yaml)"
emporion placement check /etc/emporion/placement.yaml

say "== one process"
mkdir -p /etc/systemd/system/emporion.service.d
printf '[Service]\nExecStart=\nExecStart=/usr/bin/emporion up --demo shop --placement /etc/emporion/placement.yaml\n' >/etc/systemd/system/emporion.service.d/demo.conf
systemctl daemon-reload
systemctl start emporion
# It is started when it says that it is ready, so it sells at once.
expect "what it tells" "http://127.0.0.1:8080" "$(shown StatusText emporion)"
expect "whose process it is" emporion "$(ps -o user= -p "$(shown MainPID emporion)" | tr -d ' ')"
./first_sale.sh 2>/dev/null
as_shop emporion audit --placement /etc/emporion/placement.yaml | tail -1
systemctl stop emporion
expect "how it ended" success "$(shown Result emporion)"
expect "PostgreSQL after it" "" "$(pgrep -u emporion || true)"

say "== a process for each domain"
install -d -o postgres /srv/postgres
runuser -u postgres -- /usr/lib/postgresql/15/bin/initdb -D /srv/postgres/data -A trust --no-sync >/dev/null
runuser -u postgres -- /usr/lib/postgresql/15/bin/pg_ctl -D /srv/postgres/data -w -s -l /srv/postgres/log -o "-k /srv/postgres -p 5433 -c max_connections=300" start
emporion placement export --compose /packaging/compose per-domain.yaml
POSTGRES_USER=postgres POSTGRES_PASSWORD=secret PGHOST=127.0.0.1 PGPORT=5433 compose/make-databases.sh
databases=$(sed -n 's/^make [a-z]* \(emporion_\([a-z]*\)\) .*/  \2: host=127.0.0.1 port=5433 dbname=\1 user=\1/p' compose/make-databases.sh)
printf 'home: /var/lib/emporion/parts\ndatabases:\n%s\n' "$databases" >seed.yaml
as_shop emporion up --demo shop --placement /packaging/seed.yaml --port 0 >seed.log 2>&1 &
until grep -q ^ready seed.log; do kill -0 $!; sleep 0.2; done
kill -INT "$(pgrep -u emporion -x emporion)"
wait $!
{ cat per-domain.yaml; printf 'home: /var/lib/emporion/parts\npki: /etc/emporion/pki\ndatabases:\n%s\n' "$databases"; } >/etc/emporion/placement.yaml
as_shop emporion pki init --placement /etc/emporion/placement.yaml >/dev/null
emporion placement export --systemd /etc/systemd/system /etc/emporion/placement.yaml
systemctl daemon-reload
systemd-analyze verify emporion.target
systemctl start emporion.target
for process in commerce identity logistics platform product; do expect "$process" "active 0" "$(systemctl is-active emporion@$process) $(shown NRestarts emporion@$process)"; done
./first_sale.sh 2>/dev/null

say "== two replicas behind one name"
systemctl stop emporion@product emporion@platform
printf '127.0.0.2 product\n127.0.0.3 product\n' >>/etc/hosts
sed -i 's/listen: 127.0.0.1:9105/listen: product:9105/' /etc/emporion/placement.yaml
for replica in 2 3; do
  as_shop EMPORION_HOME=/var/lib/emporion/replica-$replica EMPORION_IDENTITY__MASTER_KEY_FILE=/var/lib/emporion/parts/identity.key \
    EMPORION_PROCESSES__PRODUCT__METRICS=127.0.0.$replica:9205 \
    emporion serve --placement /etc/emporion/placement.yaml --process product --bind 127.0.0.$replica >replica-$replica.log 2>&1 &
done
for replica in 2 3; do until curl -sf http://127.0.0.$replica:9205/health/ready >/dev/null; do sleep 0.1; done; done
systemctl start emporion@platform
calls() { curl -s "http://127.0.0.$1:9205/metrics" | awk '/^emporion_calls_total.*operation="catalog[.]/ { n += $NF } END { print n + 0 }'; }
for size in $(seq 10); do curl -sf "http://127.0.0.1:8080/api/v1/catalog/products?page_size=$size" >/dev/null; done  # The gateway keeps answers for a while: each is another question.
say "calls to replica 2 and 3: $(calls 2) and $(calls 3)"
for replica in 2 3; do [ "$(calls $replica)" -ge 3 ]; done
pkill -INT -u emporion -f 'process product'
wait
systemctl start emporion@product

# As the process sees it.
seen_by_product() { nsenter -t "$(shown MainPID emporion@product)" -m runuser -u emporion -- "$@" >/dev/null 2>&1; }
say "== its own key only"
seen_by_product cat /etc/emporion/pki/product.key
if seen_by_product cat /etc/emporion/pki/commerce.key; then expect "another process's key" refused read; fi
systemctl stop emporion.target 'emporion@*'
for process in commerce identity logistics platform product; do expect "how $process ended" "inactive success" "$(systemctl is-active emporion@$process || true) $(shown Result emporion@$process)"; done

say "== removed"
dpkg --purge emporion
expect "the shop's folder after the purge" there "$([ -d /var/lib/emporion/postgres/data ] && echo there)"
expect "the placement after the purge" gone "$([ -e /etc/emporion/placement.yaml ] || echo gone)"
