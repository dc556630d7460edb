#!/usr/bin/env python3
"""What an order costs in each place, whether replicas change that, and how many machines more orders take: bench/scale.py [SECONDS]

One shop, its databases on one server, served by 1, 2 and 4 replicas of one process in turn; guests buy over all entries for SECONDS (15 if not said). Prints, in
Markdown, the processor time, log and disk of one order in each database, the same per order for each number of replicas, and from these how many cores a given
rate of orders takes (docs/scale.md). The audit is clean, or the exit code is not 0. Loopback only; what it starts it stops, by process id.
"""
import math
import re
import subprocess
import sys
import time

import shop
from shop import BUYERS, CLIENTS, SKUS, Served, all_modules, ask, postgres_of, processor_s, say, workplace, write_assortment

REPLICAS = (1, 2, 4)
RATES = (1_000, 100_000, 580_000, 1_000_000)
CORES_OF_A_SERVER, BUSY_AT_MOST = 64, 0.6
HTTP, LISTEN, METRICS = 18080, 19101, 19201


def used(home):
    """What the private PostgreSQL of a home has used so far: seconds of processor by database, bytes of each, bytes of its log."""
    server = postgres_of(home)
    seconds = {"the server's own": processor_s(server)}
    for child in open(f"/proc/{server}/task/{server}/children").read().split():
        try:
            title = open(f"/proc/{child}/cmdline").read()
        except OSError:
            continue
        module = re.match(r"postgres: emporion_(\w+) emporion_\w+ ", title)
        name = module[1] if module and module[1] != "admin" else "the server's own"
        seconds[name] = seconds.get(name, 0) + processor_s(child)
    sizes = dict(line.split("|") for line in ask(home, "postgres", "SELECT substr(datname, 10), pg_database_size(datname) FROM pg_database WHERE datname LIKE 'emporion\\_%'"))
    return {"seconds": seconds, "bytes": {name: int(size) for name, size in sizes.items()},
            "log": int(ask(home, "postgres", "SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')::bigint")[0])}


class Replicas(Served):
    """Some replicas of the process that has everything."""

    def __init__(self, folder):
        super().__init__(folder, {count: f"  all: {{modules: [{', '.join(all_modules())}], listen: '127.0.0.1:{LISTEN}', http: '127.0.0.1:{HTTP}', "
                                         f"metrics: '127.0.0.1:{METRICS}', replicas: {count}}}\n" for count in REPLICAS})

    def start_all(self, count):
        for name, metrics in [(self.start(count, "all", "--replica", str(i + 1)), f"127.0.0.1:{METRICS + i}") for i in range(count)]:
            self.wait_until_ready(name, metrics)


def measure(shops, count, span):
    """Purchases over every entry at once. Answers orders, seconds, and what they cost."""
    pids = [each.pid for each in shops.running.values()]
    shop.buy("purchase", 2, f"http://127.0.0.1:{HTTP}", CLIENTS, SKUS, pids[0], shops.postgres())
    before, shops_s, began = used(shops.home), processor_s(*pids), time.monotonic()
    buyers = [subprocess.Popen([BUYERS, "purchase", str(span), f"http://127.0.0.1:{HTTP + i}", str(CLIENTS // count), str(SKUS), str(pid), shops.postgres()],
                               stdout=subprocess.PIPE, text=True) for i, pid in enumerate(pids)]
    orders = sum(int(re.search(r'"orders":(\d+)', each.communicate()[0])[1]) for each in buyers)
    took, after = time.monotonic() - began, used(shops.home)
    cost = lambda seconds: seconds * 1000 / orders
    return {"replicas": count, "orders": orders, "per_s": orders / took, "shop": cost(processor_s(*pids) - shops_s),
            "databases": {name: cost(now - before["seconds"].get(name, 0)) for name, now in after["seconds"].items()},
            "kib": {name: (now - before["bytes"][name]) / 1024 / orders for name, now in after["bytes"].items()}, "log_kib": (after["log"] - before["log"]) / 1024 / orders}


def print_costs(one):
    print(f"What one purchase of three lines costs ({one['orders']} orders, one process, {CLIENTS} buyers):\n")
    print("| where | processor time, ms | disk, KiB |\n| --- | --- | --- |")
    print(f"| Emporion | {one['shop']:.2f} | – |")
    for name, cost in sorted(one["databases"].items(), key=lambda item: -item[1]):
        print(f"| {name} | {cost:.2f} | {one['kib'].get(name, 0):.1f} |")
    print(f"\nIt writes {one['log_kib']:.0f} KiB of PostgreSQL's log.\n")


def print_replicas(rounds):
    print("Replicas of the one process, on the same cores and databases:\n")
    print("| replicas | orders/s | Emporion, ms per order | PostgreSQL, ms per order |\n| --- | --- | --- | --- |")
    for one in rounds:
        print(f"| {one['replicas']} | {one['per_s']:.0f} | {one['shop']:.2f} | {sum(one['databases'].values()):.2f} |")
    print()


def print_need(one):
    """From the cost of one order: cores, and servers of 64 cores that are busy for 60 % at most. A database is divided once it needs more than one."""
    print(f"What more orders take, if the cost of each stays as it is (servers of {CORES_OF_A_SERVER} cores, at most {BUSY_AT_MOST:.0%} busy):\n")
    print("| orders/s | cores of Emporion | cores of PostgreSQL | log, MiB/s | servers of Emporion | databases to divide, and into how many servers |\n| --- | --- | --- | --- | --- | --- |")
    usable = CORES_OF_A_SERVER * BUSY_AT_MOST
    for rate in RATES:
        parts = {name: math.ceil(rate * cost / 1000 / usable) for name, cost in one["databases"].items() if name != "the server's own"}
        divided = ", ".join(f"{name} {count}" for name, count in sorted(parts.items(), key=lambda item: -item[1]) if count > 1)
        print(f"| {rate:,} | {rate * one['shop'] / 1000:,.0f} | {rate * sum(one['databases'].values()) / 1000:,.0f} | {rate * one['log_kib'] / 1024:,.0f} | "
              f"{math.ceil(rate * one['shop'] / 1000 / usable):,} | {divided or 'none'} |")


def main():
    if sys.argv[1:] and sys.argv[1] in ("-h", "--help"):
        return print(__doc__)
    span = int(sys.argv[1]) if sys.argv[1:] else 15
    with workplace("scale") as work:
        shops = Replicas(f"{work}/shop")
        try:
            say("an assortment")
            shops.emporion(1, "migrate")
            shops.emporion(1, "pki", "init")
            shops.start_all(1)
            write_assortment(f"{work}/assortment.csv")
            shops.emporion(1, "import", "online-retail", f"{work}/assortment.csv")
            rounds = []
            for count in REPLICAS:
                shops.stop()
                shops.start_all(count)
                say(f"{count} replicas")
                rounds.append(measure(shops, count, span))
            held = shops.emporion(1, "audit").count("holds")
            print_costs(rounds[0])
            print_replicas(rounds)
            print_need(rounds[0])
            print(f"\nThe audit is clean: {held} invariants.")
        finally:
            shops.stop()


if __name__ == "__main__":
    main()
