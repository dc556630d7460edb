#!/usr/bin/env bash
# What a hop costs: the same purchases from the shop as one process, a process per domain and a process per module, in turn and in one run.
#   bench/hops.sh [ROUNDS] [SECONDS]      3 rounds of 10 s; prints a table, medians of the rounds. Loopback only; what it starts it stops, by process id.
set -Eeuo pipefail
cd "$(dirname "$0")/.."
if [ -z "${EMP_BENCH_BOUNDED:-}" ]; then EMP_BENCH_BOUNDED=1 exec timeout --kill-after=90 25m bench/hops.sh "$@"; fi
case "${1:-}" in -h | --help) sed -n '2,3s/^# *//p' "$0"; exit 0 ;; esac
rounds=${1:-3} purchase_s=${2:-10}
confirm_orders=$((purchase_s * 100)) clients=64 skus=3999
binary=build/release/apps/emporion/emporion
work=$(mktemp -d /tmp/emporion-hops.XXXXXX)
chmod 711 "$work"
declare -A pid_of=()

say() { echo "hops: $*" >&2; }
die() { say "$*"; exit 1; }
stop_shop() {
  local pid
  for pid in "${pid_of[@]}"; do kill -TERM "$pid" 2>/dev/null || true; done
  for pid in "${pid_of[@]}"; do wait "$pid" 2>/dev/null || true; done
  pid_of=()
}
clean_up() {
  local exit_code=$?
  [ $exit_code -eq 0 ] || tail -n 3 "$work"/*/*.log >&2 || true
  stop_shop
  rm -rf "$work"
}
trap 'say "line $LINENO failed: $BASH_COMMAND"' ERR
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# The placement as it lies in deploy, at ports of its own, with the settings of the benchmark.
make_placement() {
  local name=$1 folder=$work/$1
  mkdir -p "$folder/home"
  chmod 711 "$folder" "$folder/home"
  { echo "home: $folder/home"; sed -E 's/127\.0\.0\.1:(9[12][0-9][0-9])/127.0.0.1:1\1/g; s/127\.0\.0\.1:8080/127.0.0.1:18080/' "deploy/placement/$name.yaml"; cat bench/checkout/placement.yaml; } >"$folder/placement.yaml"
}
emporion() { local command=$1 name=$2; shift 2; "$binary" $command "$@" --placement "$work/$name/placement.yaml"; }

start_process() {
  local name=$1 process=$2 folder=$work/$1
  : >"$folder/$process.ready"
  if [ "$process" = all ]; then
    "$binary" up --placement "$folder/placement.yaml" --port 18080 >"$folder/all.ready" 2>"$folder/all.log" &
  else
    "$binary" serve --placement "$folder/placement.yaml" --process "$process" >"$folder/$process.ready" 2>"$folder/$process.log" &
  fi
  pid_of[$process]=$!
}
start_shop() {
  local name=$1 process
  if [ "$name" = one ]; then
    start_process one all
  else
    for process in $(processes_of "$name"); do start_process "$name" "$process"; done
  fi
  for process in "${!pid_of[@]}"; do
    for _ in $(seq 600); do
      grep -q '^ready' "$work/$name/$process.ready" && break
      kill -0 "${pid_of[$process]}" 2>/dev/null || die "$name: $process did not start"
      sleep 0.1
    done
    grep -q '^ready' "$work/$name/$process.ready" || die "$name: $process is not ready after a minute"
  done
}
processes_of() { "$binary" placement graph "$work/$1/placement.yaml" | sed -n 's/^process \([a-z_-]*\).*/\1/p'; }
metrics_of() {
  if [ "$1" = one ]; then echo http://127.0.0.1:18080; else sed -nE 's/.*metrics: ([0-9.:]+).*/http:\/\/\1/p' "$work/$1/placement.yaml"; fi
}
# measure NAME: a line for a round of purchases and one for a round of confirms.
measure() {
  local name=$1 postgres kind
  start_shop "$name"
  postgres=$(head -1 "$work/$name/home/postgres/data/postmaster.pid")
  local shop=("http://127.0.0.1:18080" "$clients" "$skus" "$(IFS=,; echo "${pid_of[*]}")" "$postgres")
  mapfile -t metrics < <(metrics_of "$name")
  timeout 120 build/release/bench/checkout/bench_checkout purchase 2 "${shop[@]}" "${metrics[@]}" >/dev/null
  for kind in "purchase $purchase_s" "confirm $confirm_orders"; do
    timeout 180 build/release/bench/checkout/bench_checkout $kind "${shop[@]}" "${metrics[@]}" | sed "s/^{/{\"placement\":\"$name\",\"processes\":${#pid_of[@]},/" >>"$work/rounds.jsonl"
  done
  stop_shop
}

say "building"
tools/build.sh release emporion bench >"$work/build.txt" 2>&1 || { tail -30 "$work/build.txt" >&2; exit 1; }
python3 -B bench/shop.py "$work/assortment.csv"
placements=(one per-domain per-module)
for name in "${placements[@]}"; do
  say "$name: an assortment"
  make_placement "$name"
  emporion migrate "$name" >"$work/$name/migrate.log" 2>&1
  [ "$name" = one ] || emporion "pki init" "$name" >"$work/$name/pki.log" 2>&1
  start_shop "$name"
  timeout 180 "$binary" import online-retail "$work/assortment.csv" --placement "$work/$name/placement.yaml" >"$work/$name/import.log" 2>&1
  stop_shop
done
for round in $(seq "$rounds"); do
  for name in "${placements[@]}"; do
    say "round $round of $rounds: $name"
    measure "$name"
  done
done
for name in "${placements[@]}"; do
  emporion audit "$name" >"$work/$name/audit.log" 2>&1 || { grep -v '^holds' "$work/$name/audit.log" | head >&2; die "$name: the audit is not clean"; }
done

python3 - "$work/rounds.jsonl" <<'PYTHON'
import json, statistics, sys
rounds = [json.loads(line) for line in open(sys.argv[1])]
print("| placement | processes | what | orders/s | of one process | p50 ms | p99 ms | shop's CPU us/order | PostgreSQL's |")
print("| --- | --- | --- | --- | --- | --- | --- | --- | --- |")
for kind in ("purchase", "confirm"):
    base = None
    for name in ("one", "per-domain", "per-module"):
        of = [one for one in rounds if one["placement"] == name and one["kind"] == kind]
        middle = lambda key: statistics.median(one[key] for one in of)
        confirm = [next(step for step in one["steps"] if step["step"] == "confirm") for one in of]
        rate = middle("per_s")
        base = base or rate
        print(f"| {name} | {of[0]['processes']} | {kind} | {rate:.0f} | {rate / base:.2f} | {statistics.median(c['p50_ms'] for c in confirm):.0f} | "
              f"{statistics.median(c['p99_ms'] for c in confirm):.0f} | {middle('cpu_us_shop'):.0f} | {middle('cpu_us_postgres'):.0f} |")
    errors = sum(sum(one["errors"].values()) if isinstance(one["errors"], dict) else 0 for one in rounds if one["kind"] == kind)
    print(f"\n{kind}: {sum(one['orders'] for one in rounds if one['kind'] == kind)} orders, {errors} refused or unanswered\n" if kind == "confirm" else "", end="")
print("p50 and p99 are of the confirm. The audit of each shop is clean.")
PYTHON
