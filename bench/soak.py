#!/usr/bin/env python3
"""Whether a shop stays as it is under steady load: bench/soak.py [--minutes 30] [--share 0.7] [--rate ORDERS_PER_SECOND]

Starts a shop of its own, measures how many complete purchases of three lines a second it bears, and lets `emporion load` buy at 70 % of that, in stretches of a
minute that open-loop visitors begin whether the shop keeps up or not. Prints a JSON line for each row: how the p99 of a request drifts from the first third to
the last, how the memory of the shop's process grows, how many dead rows lie where autovacuum should have been, whether old partitions of the outbox went; then
audits. The stretches go to standard error as they end. Loopback only; what it starts it stops, by process id.
"""
import argparse
import json
import statistics

from shop import EMPORION, Shop, row, row_of_none, run, say, tell, workplace, write_assortment

STRETCH_S = 60
SCENARIO = """description: Guests who buy three articles.
clients: 64
duration_s: 60
journeys:
  buy: {weight: 1, lines_min: 3, lines_max: 3}
"""
# Tables that autovacuum has to look after: more than a fifth of their rows dead, and a thousand (autovacuum_vacuum_scale_factor, twice its threshold for its naptime).
NEGLECTED = "SELECT relname, n_dead_tup, n_live_tup FROM pg_stat_user_tables WHERE n_dead_tup > 1000 + 0.4 * n_live_tup"
OLD_PARTITION = """CREATE TABLE outbox_20200106 (LIKE outbox INCLUDING ALL EXCLUDING IDENTITY);
ALTER TABLE outbox ATTACH PARTITION outbox_20200106 FOR VALUES FROM ('2020-01-06 00:00:00+00') TO ('2020-01-13 00:00:00+00');
DO $$ BEGIN EXECUTE format('ALTER TABLE outbox_20200106 OWNER TO %I', (SELECT pg_get_userbyid(relowner) FROM pg_class WHERE oid = 'outbox'::regclass)); END $$;
UPDATE job_lease SET last_success_at = NULL WHERE name LIKE '%.upkeep'"""


class Soak:
    def __init__(self, work, options):
        self.work, self.options, self.shop = work, options, Shop(work)

    def prepare(self):
        self.shop.start()
        write_assortment(f"{self.work}/assortment.csv")
        run(self.shop.words("import", "online-retail", f"{self.work}/assortment.csv"))
        open(f"{self.work}/three-lines.yaml", "w").write(SCENARIO)
        for database in self.shop.databases():  # Of a time long past; upkeep takes it away at its next run, which is after a start.
            self.shop.ask(database, OLD_PARTITION)
        self.shop.stop()
        self.shop.start()

    def stretch(self, rate):
        """A minute. Answers what `emporion load` measured."""
        result = f"{self.work}/stretch.json"
        run([EMPORION, "load", f"{self.work}/three-lines.yaml", "--url", self.shop.url, "--rate", f"{rate:.2f}", "--duration", f"{STRETCH_S}s", "--json", result, "--quiet"], within_s=240)
        return json.load(open(result))

    def run(self):
        rate = self.options.rate
        if not rate:
            self.shop.buy("purchase", 5)
            rate = self.options.share * self.shop.buy("purchase", 20)["per_s"]
        say(f"{rate:.1f} purchases begin each second")
        p99s, memory, orders = [], [], 0
        for minute in range(1 + self.options.minutes):  # The first one warms up.
            measured = self.stretch(rate)
            totals, p99 = measured["totals"], measured["requests"]["corrected"]["p99_us"] / 1000
            say(f"minute {minute}: {totals['orders']} orders, p99 {p99:.0f} ms, {totals['unexpected']} errors, {self.shop.memory_mib():.0f} MiB")
            if totals["unexpected"] or totals["orders_unknown"]:
                raise RuntimeError(f"errors under steady load: {measured['errors']}")
            orders += totals["orders"]
            if minute:
                p99s.append(p99)
                memory.append(self.shop.memory_mib())
        third = max(1, len(p99s) // 3)
        first, last = statistics.median(p99s[:third]), statistics.median(p99s[-third:])
        neglected, left = [], 0
        for database in self.shop.databases():
            neglected += [f"{database.removeprefix('emporion_')}.{line}" for line in self.shop.ask(database, NEGLECTED)]
            left += int(self.shop.ask(database, "SELECT count(*) FROM pg_class WHERE relname = 'outbox_20200106'")[0])
        span = f"{self.options.minutes} min at {rate:.0f} purchases/s"
        say(f"{orders} orders; the audit is clean: {self.shop.audit(within_s=1800)} invariants")
        return [row(15, f"{span}: p99 of a request, last third against the first", last, first, "ms", "< 1.1", "the first third"),
                row_of_none(15, f"{span}: tables that autovacuum leaves behind", len(neglected), "tables", neglected=neglected),
                row_of_none(15, f"{span}: old partitions of outboxes still there", left, "partitions"),
                row(13, f"{span}: memory at the end against after a third", memory[-1], memory[third - 1], "MiB", "< 1.05", "after a third")]


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--minutes", type=int, default=30)
    arguments.add_argument("--share", type=float, default=0.7)
    arguments.add_argument("--rate", type=float)
    options = arguments.parse_args()
    with workplace("soak") as work:
        soak = Soak(work, options)
        try:
            soak.prepare()
            tell(soak.run())
        finally:
            soak.shop.stop()


if __name__ == "__main__":
    main()
