#!/usr/bin/env python3
"""What an order costs in each place, whether replicas change that, and how many machines more orders take: bench/scale.py [SECONDS]

One shop, its databases on one server, served by 1, 2 and 4 replicas of one process in turn; guests buy over all entries for SECONDS (15 if not said). Prints, in
Markdown, the processor time, log and disk of one order in each database, the same per order for each number of replicas, and from these how many cores a given
rate of orders takes (docs/scale.md). The audit is clean, or the exit code is not 0. Loopback only; what it starts it stops, by process id.
"""
import math
import os
import re
import subprocess
import sys
import time

import shop
from shop import BUYERS, CLIENTS, EMPORION, SKUS, end, get, make_home, run, say, workplace, write_assortment

REPLICAS = (1, 2, 4)
RATES = (1_000, 100_000, 580_000, 1_000_000)
CORES_OF_A_SERVER, BUSY_AT_MOST = 64, 0.6
HTTP, LISTEN, METRICS = 18080, 19101, 19201


def ticks_of(pid):
    """User and system time of a process in clock ticks, proc(5); 0 where it is gone."""
    try:
        words = open(f"/proc/{pid}/stat").read().rsplit(")", 1)[1].split()
        return int(words[11]) + int(words[12])
    except OSError:
        return 0


class Databases:
    """The private PostgreSQL of a home: the processor time of its backends by database, its log, its sizes."""

    def __init__(self, home):
        self.home, self.pid = home, int(open(f"{home}/postgres/data/postmaster.pid").readline())

    def ask(self, sql):
        settings = open(f"{self.home}/postgres/data/emporion.conf").read()
        folder = re.search(r"^unix_socket_directories = '(.*)'$", settings, re.M)[1]
        return run(["psql", "-AtqX", "-h", folder, "-U", "emporion_admin", "-d", "postgres", "-c", sql],
                   env={**os.environ, "PGPASSWORD": open(f"{self.home}/postgres/administrator.password").read().strip()}).splitlines()

    def look(self):
        ticks = {"the server's own": ticks_of(self.pid)}
        for child in open(f"/proc/{self.pid}/task/{self.pid}/children").read().split():
            try:
                title = open(f"/proc/{child}/cmdline").read()
            except OSError:
                continue
            module = re.match(r"postgres: emporion_(\w+) emporion_\w+ ", title)
            name = module[1] if module and module[1] != "admin" else "the server's own"
            ticks[name] = ticks.get(name, 0) + ticks_of(child)
        sizes = dict(line.split("|") for line in self.ask("SELECT substr(datname, 10), pg_database_size(datname) FROM pg_database WHERE datname LIKE 'emporion\\_%'"))
        return {"ticks": ticks, "bytes": {name: int(size) for name, size in sizes.items()},
                "log": int(self.ask("SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')::bigint")[0])}


class Replicas:
    """Some replicas of the process that has everything."""

    def __init__(self, folder):
        self.folder, self.running = folder, []
        self.modules = re.findall(r"^  (\w+): \{modules", open("deploy/placement/per-module.yaml").read(), re.M)
        home = make_home(folder)
        for count in REPLICAS:
            with open(self.placement(count), "w") as out:
                out.write(f"home: {home}\nprocesses:\n  all: {{modules: [{', '.join(self.modules)}], listen: '127.0.0.1:{LISTEN}', http: '127.0.0.1:{HTTP}', "
                          f"metrics: '127.0.0.1:{METRICS}', replicas: {count}}}\n" + open("bench/checkout/placement.yaml").read())

    def placement(self, count):
        return f"{self.folder}/{count}.yaml"

    def emporion(self, *words):
        return run([EMPORION, *words, "--placement", self.placement(1)])

    def start(self, count):
        for replica in range(1, count + 1):
            log = open(f"{self.folder}/{replica}.log", "ab")
            self.running.append(subprocess.Popen([EMPORION, "serve", "--placement", self.placement(count), "--process", "all", "--replica", str(replica)], stdout=log,
                                                 stderr=log, stdin=subprocess.DEVNULL))
            log.close()
        end_at = time.monotonic() + 60
        while any(get(f"127.0.0.1:{METRICS + i}", "/health/ready")[0] != 200 for i in range(count)):
            if time.monotonic() > end_at or any(each.poll() is not None for each in self.running):
                raise RuntimeError(f"not ready: {open(f'{self.folder}/1.log').read()[-2000:]}")
            time.sleep(0.05)

    def stop(self):
        for each in self.running:
            each.terminate()
        for each in self.running:
            end(each)
        self.running = []


def measure(shops, count, span):
    """Purchases over every entry at once. Answers orders, seconds, and what they cost."""
    databases = Databases(f"{shops.folder}/home")
    shop.buy("purchase", 2, f"http://127.0.0.1:{HTTP}", CLIENTS, SKUS, shops.running[0].pid, databases.pid)
    before, ticks, began = databases.look(), sum(ticks_of(each.pid) for each in shops.running), time.monotonic()
    buyers = [subprocess.Popen([BUYERS, "purchase", str(span), f"http://127.0.0.1:{HTTP + i}", str(CLIENTS // count), str(SKUS), str(each.pid), str(databases.pid)],
                               stdout=subprocess.PIPE, text=True) for i, each in enumerate(shops.running)]
    orders = sum(int(re.search(r'"orders":(\d+)', each.communicate()[0])[1]) for each in buyers)
    took = time.monotonic() - began
    after, hz = databases.look(), os.sysconf("SC_CLK_TCK")
    cost = lambda ticks: ticks / hz * 1000 / orders
    return {"replicas": count, "orders": orders, "per_s": orders / took, "shop": cost(sum(ticks_of(each.pid) for each in shops.running) - ticks),
            "databases": {name: cost(now - before["ticks"].get(name, 0)) for name, now in after["ticks"].items()},
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
            shops.emporion("migrate")
            shops.emporion("pki", "init")
            shops.start(1)
            write_assortment(f"{work}/assortment.csv")
            shops.emporion("import", "online-retail", f"{work}/assortment.csv")
            rounds = []
            for count in REPLICAS:
                shops.stop()
                shops.start(count)
                say(f"{count} replicas")
                rounds.append(measure(shops, count, span))
            held = shops.emporion("audit").count("holds")
            print_costs(rounds[0])
            print_replicas(rounds)
            print_need(rounds[0])
            print(f"\nThe audit is clean: {held} invariants.")
        finally:
            shops.stop()


if __name__ == "__main__":
    main()
