#!/usr/bin/env python3
"""A consumer that was away for an hour of events, and how it catches up: bench/catchup.py [ORDERS]

Guests buy ORDERS orders (7,200 if not said: an hour at two a second, 30,000 events and more) while the process with Fulfillment is down. Then it is started,
and is timed until it has applied everything: over gRPC from a process of its own, and, from a copy of the databases, in one process with all others. The
audit of each is clean, or the exit code is not 0. Loopback only; ten minutes; what it starts it stops, by process id.
"""
import shutil
import subprocess
import sys
import time

import shop
from shop import CLIENTS, SKUS, Served, all_modules, get, metric, say, workplace, write_assortment

ROUND_S, CATCH_UP_S = 20, 300
CONSUMER = "fulfillment"
PUBLIC, METRICS = "127.0.0.1:18080", {"shop": "127.0.0.1:19201", CONSUMER: "127.0.0.1:19202", "all": "127.0.0.1:18080"}


def placements():
    """`apart`, with the consumer in a process of its own, and `one`."""
    modules = all_modules()
    return {"one": f"  all: {{modules: [{', '.join(modules)}], http: {PUBLIC}}}\n",
            "apart": f"  shop: {{modules: [{', '.join(name for name in modules if name != CONSUMER)}], listen: '127.0.0.1:19101', metrics: '{METRICS['shop']}', "
                     f"http: '{PUBLIC}'}}\n  {CONSUMER}: {{modules: [{CONSUMER}], listen: '127.0.0.1:19102', metrics: '{METRICS[CONSUMER]}'}}\n"}


def buy(home, wanted):
    """Rounds of purchases until there are as many orders. Answers their number and the seconds."""
    orders, began = 0, time.monotonic()
    while orders < wanted:
        done = shop.buy("purchase", ROUND_S, f"http://{PUBLIC}", CLIENTS, SKUS, home.running["shop"].pid, home.postgres(), f"http://{METRICS['shop']}")
        orders += done["orders"]
        say(f"{orders} of {wanted} orders")
    return orders, time.monotonic() - began


def catch_up(home, placement, process):
    """Starts the process and looks at it twenty times a second until nothing is left. Answers what there is to say."""
    began = time.monotonic()
    home.start(placement, process)
    first, lag_most, applied, looks = None, 0.0, 0, []
    while time.monotonic() - began < CATCH_UP_S:
        now = time.monotonic()
        _, document = get(METRICS[process], "/metrics")
        lags = metric(document, "emporion_feed_lag_seconds", consumer=CONSUMER)
        applied = sum(metric(document, "emporion_events_applied_total", consumer=CONSUMER))
        lag_most = max([lag_most, *lags])
        if applied and first is None:
            first = now
        looks.append((now, applied))
        # Nothing behind and nothing new for two seconds: a feed that is idle is asked five times a second.
        if first and lags and max(lags) == 0 and [a for t, a in looks if t >= now - 2][0] == applied and looks[0][0] < now - 2:
            break
        time.sleep(0.05)
    else:
        raise RuntimeError(f"{process} has not caught up after {CATCH_UP_S} s: {applied} events, lags {lags}")
    home.wait_until_ready(process, METRICS[process])
    last = next(t for t, a in looks if a == applied)
    before = max((t for t, a in looks if a == 0), default=began)
    return {"applied": int(applied), "lag": lag_most, "to_first": first - began, "to_zero": last - began, "rate": applied / max(0.05, last - before)}


def main():
    if sys.argv[1:] and sys.argv[1] in ("-h", "--help"):
        return print(__doc__)
    orders = int(sys.argv[1]) if sys.argv[1:] else 7200
    with workplace("catchup") as work:
        homes = [Served(f"{work}/apart", placements())]
        try:
            say("an assortment")
            home = homes[0]
            home.emporion("apart", "migrate")
            home.emporion("apart", "pki", "init")
            write_assortment(f"{work}/assortment.csv")
            for process in ("shop", CONSUMER):
                home.start("apart", process)
            for process in ("shop", CONSUMER):
                home.wait_until_ready(process, METRICS[process])
            home.emporion("apart", "import", "online-retail", f"{work}/assortment.csv")
            home.stop(CONSUMER)
            say(f"{CONSUMER} is down")
            bought, took_s = buy(home, orders)
            home.stop()
            say("a copy of the databases")
            homes.append(Served(f"{work}/one", placements()))
            shutil.rmtree(f"{work}/one/home")
            subprocess.run(["cp", "-a", f"{work}/apart/home", f"{work}/one/home"], check=True)
            home.start("apart", "shop")
            home.wait_until_ready("shop", METRICS["shop"])
            say("over gRPC")
            rows = [("gRPC, a process of its own", catch_up(home, "apart", CONSUMER))]
            reports = [home.emporion("apart", "audit")]
            home.stop()
            say("in one process")
            rows.append(("in one process with all others", catch_up(homes[1], "one", "all")))
            reports.append(homes[1].emporion("one", "audit"))
            homes[1].stop()
            print(f"{bought} orders in {took_s:.0f} s while {CONSUMER} was down")
            print("| fed over | events applied | lag at the start, s | first applied after, s | nothing left after, s | events/s |\n| --- | --- | --- | --- | --- | --- |")
            for name, row in rows:
                print(f"| {name} | {row['applied']} | {row['lag']:.0f} | {row['to_first']:.1f} | {row['to_zero']:.1f} | {row['rate']:.0f} |")
            for line in reports[0].splitlines():
                if "every event reached its consumer" in line and CONSUMER in line:
                    print(f"audit: {line.strip()}")
            print("Both audits are clean.")
        finally:
            for home in homes:
                home.stop()


if __name__ == "__main__":
    main()
