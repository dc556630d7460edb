#!/usr/bin/env bash
# CPU per request of our server against nginx, the same 2 KiB answer, interleaved in one run. CPU is the number to trust; the rate moves with what else runs.
# usage: bench/micro/http_server.sh [rounds] [seconds]      needs: build/release (cmake --build), nginx, wrk
set -euo pipefail
cd "$(dirname "$0")/../.."
rounds=${1:-3} span=${2:-5}
binary=build/release/bench/micro/http_server_bench
port_ours=18611 port_nginx=18612
work=$(mktemp -d) ours= nginx=
trap 'kill $ours $nginx 2>/dev/null || true; rm -rf "$work"' EXIT

$binary $port_ours & ours=$!
body=$(printf '{"id":"%02039d"}' 1)
cat > "$work/nginx.conf" <<CONF
daemon off; worker_processes 1; pid $work/nginx.pid; error_log $work/error.log;
events { worker_connections 1024; }
http {
  access_log off; keepalive_requests 100000000; default_type application/json;
  client_body_temp_path $work/1; proxy_temp_path $work/2; fastcgi_temp_path $work/3; uwsgi_temp_path $work/4; scgi_temp_path $work/5;
  server { listen 127.0.0.1:$port_nginx; location / { return 200 '$body'; } }
}
CONF
nginx -p "$work" -c "$work/nginx.conf" & nginx=$!
for port in $port_ours $port_nginx; do timeout 5 bash -c "until curl -sf http://127.0.0.1:$port/api/v1/products/1 -o /dev/null; do sleep 0.05; done"; done
worker=$(pgrep -P $nginx | head -1)

ticks=$(getconf CLK_TCK)
cpu() { awk '{print $14 + $15}' "/proc/$1/stat"; }
measure() { # name pid port
  local before after requests
  before=$(cpu "$2")
  wrk -t1 -c64 -d"${span}s" "http://127.0.0.1:$3/api/v1/products/1" > "$work/out"
  after=$(cpu "$2")
  requests=$(awk '/requests in/ {print $1}' "$work/out")
  awk -v name="$1" -v t=$((after - before)) -v hz="$ticks" -v n="$requests" -v s="$span" \
    'BEGIN { printf "%-6s %7.2f us CPU per request  %8.0f requests/s\n", name, t / hz * 1e6 / n, n / s }'
}
for _ in $(seq "$rounds"); do
  measure ours $ours $port_ours
  measure nginx "$worker" $port_nginx
done
$binary load $port_ours 100000 64
