#!/usr/bin/env bash
# Runs all benchmarks and writes bench/results/<date>-<commit>.json, .md and .html: bench/run.sh [--quick|--long]
# --long grows the large shop to a million products and orders (22 GB) and soaks for 30 minutes: some three hours.
# Unattended, on loopback only, bounded in time. Whatever it starts it stops, by process id. bench/README.md explains the rows.
set -Eeuo pipefail
cd "$(dirname "$0")/.."
if [ -z "${EMP_BENCH_BOUNDED:-}" ]; then EMP_BENCH_BOUNDED=1 exec timeout --kill-after=90 5h bench/run.sh "$@"; fi

mode=full rounds=5 ceiling_s=8 purchase_s=12 confirm_orders=2500 micro_rounds=3 micro_s=3 read_s=6
growth="20000 100000 10000" soak_min=6
case "${1:-}" in
  "") ;;
  --quick) mode=quick rounds=2 ceiling_s=4 purchase_s=6 confirm_orders=1000 micro_rounds=1 micro_s=2 read_s=3 growth='' soak_min=0 ;;
  --long) mode=long growth="1000000 1000000 100000" soak_min=30 ;;
  *) echo "usage: bench/run.sh [--quick|--long]" >&2; exit 2 ;;
esac
clients=64 skus=3999
command_line="bench/run.sh${1:+ $1}"
load_at_start=$(cut -d' ' -f1-3 /proc/loadavg)
started=$(date +%s)

say() { echo "bench: $*" >&2; }
die() { say "$*"; exit 1; }

work=$(mktemp -d /tmp/emporion-bench.XXXXXX)
home=$work/home raw=$work/raw
mkdir "$home" "$raw"
chmod 711 "$work" "$home"  # The OS user of PostgreSQL, and nginx's workers, pass through.
shop='' postgres='' nginx=''

is_alive() { [ -e "/proc/$1" ] && ! grep -q ') Z ' "/proc/$1/stat" 2>/dev/null; }
# end PID SIGNAL SECONDS: asks a process of ours to end, and waits for it.
end() {
  [ -n "$1" ] && kill -"$2" "$1" 2>/dev/null || return 0
  for _ in $(seq $(($3 * 10))); do is_alive "$1" || return 0; sleep 0.1; done
  kill -KILL "$1" 2>/dev/null || true
}
clean_up() {
  local exit_code=$?
  [ $exit_code -eq 0 ] || [ ! -s "$work/shop.log" ] || tail -5 "$work/shop.log" >&2
  end "$nginx" QUIT 5
  end "$shop" TERM 40
  local server
  for server in "$home"/postgres/data/postmaster.pid "$work"/*/data/postmaster.pid; do  # Those whose owner died.
    [ ! -e "$server" ] || end "$(head -1 "$server")" INT 30
  done
  rm -rf "$work"
}
trap 'say "line $LINENO failed: $BASH_COMMAND"' ERR
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

say "building"
tools/build.sh release emporion bench >"$work/build.log" 2>&1 || { tail -30 "$work/build.log" >&2; exit 1; }
shop_binary=build/release/apps/emporion/emporion
programs=build/release/bench
pgbench=/usr/lib/postgresql/15/bin/pgbench

as_administrator() {
  PGHOST=$(sed -n "s/^unix_socket_directories = '\(.*\)'$/\1/p" "$home/postgres/data/emporion.conf") PGPORT=5432 PGUSER=emporion_admin \
    PGPASSWORD=$(cat "$home/postgres/administrator.password") "$@"
}

start_shop() {
  say "starting a shop of $skus articles"
  "$shop_binary" up --home "$home" --port 0 --placement bench/checkout/placement.yaml >"$work/ready" 2>"$work/shop.log" &
  shop=$!
  for _ in $(seq 600); do
    grep -q '^ready' "$work/ready" && break
    kill -0 "$shop" 2>/dev/null || die "the shop did not start"
    sleep 0.1
  done
  url=$(awk '/^ready/ { print $2 }' "$work/ready")
  [ -n "$url" ] || die "the shop is not ready after a minute"
  postgres=$(head -1 "$home/postgres/data/postmaster.pid")
  python3 -B bench/shop.py "$work/assortment.csv"
  timeout 120 "$shop_binary" import online-retail "$work/assortment.csv" --home "$home" --placement bench/checkout/placement.yaml >"$work/import.log" 2>&1 ||
    { tail -5 "$work/import.log" >&2; die "the import failed"; }
}

# The same server, a database of its own, the modules' own tables.
make_ceiling() {
  as_administrator psql -qd postgres -c 'CREATE DATABASE bench_ceiling'
  local files=(kernel/postgres/migrations/0001_messaging.sql modules/logistics/warehouse/migrations/000[123]_*.sql modules/commerce/order/migrations/0001_order.sql
    modules/commerce/payment/migrations/0001_payment.sql bench/checkout/ceiling.sql)
  as_administrator psql -qd bench_ceiling -v ON_ERROR_STOP=1 -v skus="$skus" "${files[@]/#/--file=}"
}

postgres_ticks() {
  local process files=()
  for process in "$postgres" $(cat "/proc/$postgres/task/$postgres/children"); do files+=("/proc/$process/stat"); done
  { cat "${files[@]}" 2>/dev/null || true; } | awk '{ sub(/^.*\) /, ""); ticks += $12 + $13 + $14 + $15 } END { print ticks }'
}

# ceiling SECONDS: one JSON line.
ceiling() {
  local before after
  before=$(postgres_ticks)
  as_administrator timeout $(($1 + 30)) "$pgbench" -n -M prepared -f bench/checkout/ceiling.pgbench -D third=$((skus / 3)) -c "$clients" -j 1 -T "$1" bench_ceiling \
    >"$work/pgbench.log" 2>&1 || { grep -m5 -A2 error "$work/pgbench.log" >&2; return 1; }
  after=$(postgres_ticks)
  awk -v ticks=$((after - before)) -v hz="$(getconf CLK_TCK)" '
    /transactions actually processed/ { sub(/\/.*/, "", $6); n = $6 }
    /^latency average/ { latency = $4 }
    /^tps/ { rate = $3 }
    END { printf "{\"kind\":\"ceiling\",\"orders\":%d,\"per_s\":%.2f,\"mean_ms\":%.2f,\"cpu_us_postgres\":%.2f}\n", n, rate, latency, ticks / hz * 1e6 / n }' "$work/pgbench.log"
}
# buy KIND AMOUNT: one JSON line.
buy() { timeout 180 "$programs/checkout/bench_checkout" "$1" "$2" "$url" "$clients" "$skus" "$shop" "$postgres"; }

checkout() {
  say "warming up"
  { ceiling 2; buy purchase 3; } >/dev/null
  for round in $(seq "$rounds"); do
    say "checkout: round $round of $rounds"
    ceiling "$ceiling_s"
    buy purchase "$purchase_s"
    ceiling "$ceiling_s"
    buy confirm "$confirm_orders"
  done >"$raw/checkout.jsonl"
  say "auditing"
  timeout 150 "$shop_binary" audit --home "$home" --placement bench/checkout/placement.yaml >"$work/audit.txt" 2>&1 ||
    { grep -v '^holds' "$work/audit.txt" | head -20 >&2; die "the audit is not clean"; }
  grep -c '^holds' "$work/audit.txt" >"$raw/invariants"
}

# load_page URL: "requests/s p99-in-ms".
load_page() {
  timeout $((read_s + 20)) wrk -t1 -c64 -d"${read_s}s" --latency "$1" >"$work/wrk.log"
  ! grep -q 'Non-2xx' "$work/wrk.log" || { cat "$work/wrk.log" >&2; return 1; }
  awk '/99%/ { p99 = $2 + 0; if ($2 ~ /us$/) p99 /= 1000; else if ($2 !~ /ms$/) p99 *= 1000 } /^Requests\/sec/ { rate = $2 } END { print rate, p99 }' "$work/wrk.log"
}
reads() {
  mkdir "$work/pages"
  local port=18613 name path ours theirs
  curl -sSf "$url/api/v1/catalog/products/slug/or-b1000" -o "$work/pages/product"
  curl -sSf "$url/api/v1/catalog/products?page_size=20" -o "$work/pages/list"
  chmod -R a+rX "$work/pages"
  cat >"$work/nginx.conf" <<CONF
daemon off; worker_processes 1; pid $work/nginx.pid; error_log $work/nginx.log;
events { worker_connections 1024; }
http {
  access_log off; keepalive_requests 100000000; default_type application/json; sendfile on; open_file_cache max=16;
  client_body_temp_path $work/t1; proxy_temp_path $work/t2; fastcgi_temp_path $work/t3; uwsgi_temp_path $work/t4; scgi_temp_path $work/t5;
  server { listen 127.0.0.1:$port; root $work/pages; }
}
CONF
  nginx -p "$work" -c "$work/nginx.conf" & nginx=$!
  timeout 5 bash -c "until curl -sf http://127.0.0.1:$port/product -o /dev/null; do sleep 0.05; done" || die "nginx did not start"
  for name in product list; do
    say "reading: $name"
    path=/api/v1/catalog/products/slug/or-b1000
    [ $name = product ] || path='/api/v1/catalog/products?page_size=20'
    ours=$(load_page "$url$path")
    theirs=$(load_page "http://127.0.0.1:$port/$name")
    echo "$name $(stat -c %s "$work/pages/$name") $ours $theirs"
  done >"$raw/reads.txt"
  end "$nginx" QUIT 5
  nginx=''
}

say "load average $load_at_start, $mode"
start_shop
make_ceiling
checkout
reads
end "$shop" TERM 40
shop=''
say "what one shop shows alone"
quick=''
[ $mode != quick ] || quick=--quick
timeout 3600 python3 -B bench/rows.py $quick >"$raw/rows.jsonl"
if [ -n "$growth" ]; then
  say "what growth costs"
  timeout 3h python3 -B bench/growth.py --rounds 2 --large $growth >>"$raw/rows.jsonl"
  say "steady load for $soak_min minutes"
  timeout 2h python3 -B bench/soak.py --minutes $soak_min >>"$raw/rows.jsonl"
fi
say "hot SKU"
timeout 400 "$programs/micro/bench_hot_sku" "$work/hot_sku" "$micro_rounds" "$micro_s" >"$raw/hot_sku.jsonl" 2>"$work/hot_sku.log" ||
  { tail -5 "$work/hot_sku.log" >&2; exit 1; }
say "point reads"
timeout 120 "$programs/micro/bench_postgres_read" "$work/postgres_read" "$micro_rounds" "$micro_s" >"$raw/postgres_read.jsonl"
say "HTTP server"
timeout 120 bench/micro/http_server.sh "$micro_rounds" "$micro_s" >"$raw/http_server.txt"

python3 -B bench/report.py "$raw" --mode "$mode" --command "$command_line" --load "$load_at_start" --seconds $(($(date +%s) - started))
