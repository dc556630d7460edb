#!/usr/bin/env python3
"""What growth costs: the same work on a small shop and on a large one, in turn: bench/growth.py [--large SKUS ORDERS PROMOTIONS] [--rounds N] [--seconds N]

Seeds two shops by `emporion seed`: 1,000 SKUs, 10,000 orders and 1,000 promotions; and what --large says (100,000 each if not said; 1,000,000 SKUs and a million
orders of three lines take 22 GB). Measures complete purchases and what PostgreSQL had to do for them, one SKU that everybody wants, one product that everybody reads,
any product by its SKU, and a page of the list; prints a JSON line for each with both figures and their ratio (limit 1.3), then how many tables that grow were
read from end to end in the large shop meanwhile, and audits both.
Loopback only; what it starts it stops, by process id. EMP_GROWTH_DIR: where the shops lie (/tmp).
"""
import argparse
import http.client
import os
import random
import statistics
import time

from shop import Shop, row, row_of_none, run, say, tell, workplace, write_assortment

SMALL, HOT, PAGE = (1_000, 10_000, 1_000), "SEED1-00000001", "/api/v1/catalog/products?limit=20"
# What PostgreSQL had to do besides: its log, the whole pages in it (of each, the first change after a checkpoint), and pages that were not in its memory.
EFFORT = """SELECT wal_bytes, wal_fpi, (SELECT sum(blks_read) FROM pg_stat_database) FROM pg_stat_wal"""
LEAST = 0.01  # A small shop may need none of what the large one needs; the ratio is then one to this.
SCANS = """SELECT relname, seq_scan, seq_tup_read, n_live_tup FROM pg_stat_user_tables WHERE n_live_tup > 1000"""


class GrownShop(Shop):
    def __init__(self, folder, size):
        super().__init__(folder)
        self.folder, self.size = folder, size

    def fill(self):
        skus, orders, promotions = self.size
        self.start()
        write_assortment(f"{self.folder}/assortment.csv")
        run(self.words("import", "online-retail", f"{self.folder}/assortment.csv"))
        self.stop()
        began = time.monotonic()
        said = run(self.words("seed", "--skus", str(skus), "--orders", str(orders), "--promotions", str(promotions)), within_s=12 * 3600)
        say(next(line for line in said.splitlines() if line.startswith("seeded")))
        return time.monotonic() - began

    def scans(self):
        """Rows read by sequential scans, by table; and how many there are."""
        out = {}
        for database in self.databases():
            for line in self.ask(database, SCANS):
                table, scans, read, live = line.split("|")
                out[f"{database.removeprefix('emporion_')}.{table}"] = (int(scans), int(read), int(live))
        return out

    def effort(self):
        log, pages, read = map(float, self.ask("postgres", EFFORT)[0].split("|"))
        return {"KiB of log": log / 1024, "whole pages in the log": pages, "pages not in memory": read}

    def read(self, path_of, seconds):
        """The median time of a GET over one connection, in milliseconds."""
        connection, spans, end = http.client.HTTPConnection(self.address, timeout=30), [], time.monotonic() + seconds
        while time.monotonic() < end:
            began = time.monotonic()
            connection.request("GET", path_of())
            answer = connection.getresponse()
            body = answer.read()
            if answer.status != 200:
                raise RuntimeError(f"{answer.status}: {body[:300]}")
            spans.append((time.monotonic() - began) * 1000)
        return statistics.median(spans)

    def measure(self, seconds):
        """By what it is of: milliseconds, and a purchase's effort, which no target is set for."""
        product = "/api/v1/catalog/products/sku/"
        before = self.effort()
        bought = self.buy("purchase", seconds)
        effort = {f"a purchase's {what}": (after - before[what]) / bought["orders"] for what, after in self.effort().items()}
        hot = self.buy("confirm", 60 * seconds, wants=HOT)
        return {"purchase": 1000 / bought["per_s"], "purchase, PostgreSQL's processor time": bought["cpu_us_postgres"] / 1000, "hot SKU, confirm": 1000 / hot["per_s"],
                "hot SKU, PostgreSQL's processor time": hot["cpu_us_postgres"] / 1000,
                "product that everybody reads": self.read(lambda: product + HOT, seconds / 2),
                "product, any of all": self.read(lambda: f"{product}SEED1-{random.randint(1, self.size[0]):08}", seconds / 2),
                "list": self.read(lambda: PAGE, seconds / 2)}, effort


def measure_in_turn(shops, rounds, seconds):
    """What each shop showed in each round, and what was read from end to end in the large one: by table, how often, how many rows, how many there are."""
    figures, scans = {name: [] for name in shops}, {}
    for round_ in range(rounds + 1):
        for name, shop in shops.items():
            say(f"{name}, round {round_} of {rounds}" if round_ else f"{name}, warming up")
            shop.start()
            before = shop.scans() if name == "large" and round_ else {}
            measured = shop.measure(seconds if round_ else 3)
            if round_:
                figures[name].append(measured)
            for table, (count, read, live) in shop.scans().items() if before else ():
                was = before.get(table, (0, 0, 0))
                more = scans.setdefault(table, [0, 0, live])
                more[0], more[1], more[2] = more[0] + count - was[0], more[1] + read - was[1], live
            shop.stop()
    return figures, {table: {"scans": count, "rows_read": read, "rows_there": live} for table, (count, read, live) in scans.items() if read}


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--large", nargs=3, type=int, default=(100_000, 100_000, 100_000), metavar=("SKUS", "ORDERS", "PROMOTIONS"))
    arguments.add_argument("--rounds", type=int, default=3)
    arguments.add_argument("--seconds", type=int, default=10)
    options = arguments.parse_args()
    with workplace("growth", os.environ.get("EMP_GROWTH_DIR", "/tmp")) as work:
        shops = {"small": GrownShop(f"{work}/small", SMALL), "large": GrownShop(f"{work}/large", tuple(options.large))}
        try:
            for name, shop in shops.items():
                say(f"seeding the {name} shop: {shop.size}")
                shop.fill()
            figures, scanned = measure_in_turn(shops, options.rounds, options.seconds)
            sizes = "{:,} SKUs, {:,} orders, {:,} promotions".format(*shops["large"].size)
            for part, (unit, target) in enumerate((("ms", "≤ 1.3"), ("", "–"))):
                for what in figures["small"][0][part]:
                    small, large = (statistics.median(one[part][what] for one in figures[name]) for name in ("small", "large"))
                    tell([row(12, f"{what}, {sizes}", large, max(small, LEAST), unit, target, "1,000, 10,000, 1,000")])
            for table, of in scanned.items():
                say(f"read from end to end: {table}, {of}")
            tell([row_of_none(12, "tables of more than 1,000 rows that were read from end to end", len(scanned), "tables", scanned=scanned)])
            for name, shop in shops.items():
                say(f"the audit of the {name} shop is clean: {shop.audit(within_s=4 * 3600)} invariants")
        finally:
            for shop in shops.values():
                shop.stop()


if __name__ == "__main__":
    main()
