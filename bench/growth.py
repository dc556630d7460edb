#!/usr/bin/env python3
"""What growth costs: the same work on a small shop and on a large one, in turn: bench/growth.py [--large SKUS ORDERS PROMOTIONS] [--rounds N] [--seconds N]

Seeds two shops by `emporion seed`: 1,000 SKUs, 10,000 orders and 1,000 promotions; and what --large says (100,000 each if not said; 1,000,000 SKUs and a million
orders of three lines take 22 GB). Measures complete purchases and what PostgreSQL had to do for them, one SKU that everybody wants, one product that everybody reads,
any product by its SKU, and a page of the list; prints a JSON line for each with both figures and their ratio (limit 1.3), then how many rows were read for an order,
and in a minute without buyers, with the tables of which more are read in the large shop, and how many tables that grow were read from end to end there; audits both.
Loopback only; what it starts it stops, by process id. EMP_GROWTH_DIR: where the shops lie (/tmp).
"""
import argparse
import collections
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
READS = """SELECT relname, seq_scan, seq_tup_read, seq_tup_read + coalesce(idx_tup_fetch, 0) + coalesce((SELECT sum(idx_tup_read) FROM pg_stat_user_indexes i WHERE i.relid = t.relid), 0),
  n_live_tup FROM pg_stat_user_tables t"""
CROWD = 1000  # Rows from which on a table is not read from end to end.
SETTLE_S, IDLE_S = 10, 65  # What a start owes is done; the jobs of each minute ran once.


class Reads(collections.namedtuple("Reads", "scans scanned read live")):
    """Of a table: how often it was read from end to end, the rows of that, all rows and entries of its indexes that were read, and how many rows there are."""

    def since(self, was):
        return Reads(self.scans - was.scans, self.scanned - was.scanned, self.read - was.read, self.live)

    def and_also(self, more):
        return Reads(self.scans + more.scans, self.scanned + more.scanned, self.read + more.read, more.live)


NOTHING = Reads(0, 0, 0, 0)


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

    def reads(self):
        """What was read, by table."""
        out = {}
        for database in self.databases():
            for line in self.ask(database, READS):
                table, *of = line.split("|")
                out[f"{database.removeprefix('emporion_')}.{table}"] = Reads(*map(int, of))
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
        """By what it is of: milliseconds, and a purchase's effort, which no target is set for; the orders it took, and what was read by when they were there."""
        product = "/api/v1/catalog/products/sku/"
        before = self.effort()
        bought = self.buy("purchase", seconds)
        effort = {f"a purchase's {what}": (after - before[what]) / bought["orders"] for what, after in self.effort().items()}
        hot = self.buy("confirm", 60 * seconds, wants=HOT)
        reads = self.reads()
        return {"purchase": 1000 / bought["per_s"], "purchase, PostgreSQL's processor time": bought["cpu_us_postgres"] / 1000, "hot SKU, confirm": 1000 / hot["per_s"],
                "hot SKU, PostgreSQL's processor time": hot["cpu_us_postgres"] / 1000,
                "product that everybody reads": self.read(lambda: product + HOT, seconds / 2),
                "product, any of all": self.read(lambda: f"{product}SEED1-{random.randint(1, self.size[0]):08}", seconds / 2),
                "list": self.read(lambda: PAGE, seconds / 2)}, effort, bought["orders"] + hot["orders"], reads


def measure_in_turn(shops, rounds, seconds):
    """Of each shop: what it showed in each round; what was read for its orders, by table; how many these were; and what was read in all."""
    figures, orders = {name: [] for name in shops}, dict.fromkeys(shops, 0)
    reads, all_reads = ({name: {} for name in shops} for _ in range(2))
    for round_ in range(rounds + 1):
        for name, shop in shops.items():
            say(f"{name}, round {round_} of {rounds}" if round_ else f"{name}, warming up")
            shop.start()
            if not round_:
                shop.measure(3)
            else:
                before = shop.reads()
                times, effort, bought, by_then = shop.measure(seconds)
                figures[name].append((times, effort))
                orders[name] += bought
                add_reads(reads[name], before, by_then)
                add_reads(all_reads[name], before, shop.reads())
            shop.stop()
    return figures, reads, orders, all_reads


def add_reads(reads, before, after):
    for table, now in after.items():
        reads[table] = reads.get(table, NOTHING).and_also(now.since(before.get(table, NOTHING)))


def read_while_idle(shops):
    """Of each shop, what it reads without buyers in a minute, by table."""
    out = {name: {} for name in shops}
    for shop in shops.values():
        shop.start()
    time.sleep(SETTLE_S)
    before = {name: shop.reads() for name, shop in shops.items()}
    time.sleep(IDLE_S)
    for name, shop in shops.items():
        add_reads(out[name], before[name], shop.reads())
        shop.stop()
    return out


def row_of_reads(what, reads, per, sizes, base):
    """How many rows are read for something, of which each shop did `per`, and which tables have a part in its growth."""
    each = {name: {table: of.read / per[name] for table, of in tables.items()} for name, tables in reads.items()}
    grew = {table: {"small": round(each["small"].get(table, 0), 1), "large": round(rows, 1)} for table, rows in each["large"].items()
            if rows > 1 + 1.3 * each["small"].get(table, 0)}
    for table, of in grew.items():
        say(f"more is read {what}: {table}, {of}")
    small, large = (sum(each[name].values()) for name in ("small", "large"))
    return row(12, f"rows and index entries read {what}, {sizes}", large, small, "", "≤ 1.3", base, grew=grew)


def row_of_scans(reads):
    scanned = {table: {"scans": of.scans, "rows_read": of.scanned, "rows_there": of.live} for table, of in reads.items() if of.live > CROWD and of.scanned}
    for table, of in scanned.items():
        say(f"read from end to end: {table}, {of}")
    return row_of_none(12, f"tables of more than {CROWD:,} rows that were read from end to end", len(scanned), "tables", scanned=scanned)


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
            say("both without buyers, for a minute")
            idle = read_while_idle(shops)
            figures, reads, orders, all_reads = measure_in_turn(shops, options.rounds, options.seconds)
            base = "1,000, 10,000, 1,000"
            sizes = "{:,} SKUs, {:,} orders, {:,} promotions".format(*shops["large"].size)
            for part, (unit, target) in enumerate((("ms", "≤ 1.3"), ("", "–"))):
                for what in figures["small"][0][part]:
                    small, large = (statistics.median(one[part][what] for one in figures[name]) for name in ("small", "large"))
                    tell([row(12, f"{what}, {sizes}", large, max(small, LEAST), unit, target, base)])
            tell([row_of_reads("for an order", reads, orders, sizes, base), row_of_reads("in a minute without buyers", idle, dict.fromkeys(shops, 1), sizes, base),
                  row_of_scans(all_reads["large"])])
            for name, shop in shops.items():
                say(f"the audit of the {name} shop is clean: {shop.audit(within_s=4 * 3600)} invariants")
        finally:
            for shop in shops.values():
                shop.stop()


if __name__ == "__main__":
    main()
