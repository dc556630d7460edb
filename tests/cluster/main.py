"""Three hosts, real purchases, one fault after the other; after each: the shop recovers by itself, every accepted order is there once, sagas settle, the audit is
clean. Prints a table for docs/reliability.md. Run by tools/cluster.sh, which makes the namespaces that this lives in.
"""
import argparse
import os
import signal
import sys
import time
import traceback

from buyers import Crowd
from databases import Databases
from faults import FAULTS
from hosts import Network, run, wait_for
from shop import Shop, gateways

SETTLE_S, RECOVER_S = 60, 120
MODULES_WITH_SAGAS = ("checkout", "order", "payment", "fulfillment", "shipping", "warehouse")
SETTLED = ("completed", "failed")


class Cluster:
    def __init__(self, folder, binary, earlier):
        """`earlier` is of the build before, and begins; none: `binary` does."""
        self.folder, self.binary, self.earlier = folder, binary, earlier
        os.makedirs(f"{folder}/logs")
        self.network = Network(folder)
        self.hosts = self.network.hosts
        self.databases = Databases(self.network, folder, gateways(self.hosts))
        self.shop = Shop(self.network, self.databases, folder, earlier or binary)
        self.crowd = Crowd([host.address for host in self.hosts])
        self.rows, self.notes, self.faults = [], [], []

    def start(self):
        began = time.monotonic()
        self.databases.start()
        self.say(f"PostgreSQL is there, primary {self.databases.primary().name}", began)
        self.shop.prepare()
        self.say("databases, goods and certificates are there", began)
        self.shop.start()
        self.crowd.find_goods()
        self.crowd.start()
        wait_for("the first five orders", lambda: self.crowd.count() >= 5, 120)
        self.say(f"the shop sells {len(self.crowd.skus)} articles", began)

    @staticmethod
    def say(what, began):
        print(f"[{time.monotonic() - began:6.1f} s] {what}", flush=True)

    def note(self, what):
        self.notes.append(what)

    def fail(self, what):
        self.faults.append(what)
        print(f"  FAILED: {what}", flush=True)

    def suffer(self, name):
        do, title = FAULTS[name]
        print(f"{title} …", flush=True)
        began, self.notes, failed_before = time.monotonic(), [], len(self.faults)
        self.crowd.begin()
        self.crowd.resume()
        try:
            wait_for("an order before the fault", lambda: self.crowd.count() >= 2, RECOVER_S)
            struck = time.monotonic()
            do(self)
            sold = self.crowd.count()
            wait_for("orders after the fault", lambda: self.crowd.count() >= sold + 5, RECOVER_S)
        except Exception as error:
            self.fail(f"{name}: {error}")
            traceback.print_exc()
            struck = began
        ended = time.monotonic()
        gap, orders, errors = self.crowd.longest_gap_s(ended), self.crowd.count(), dict(self.crowd.errors)
        if not self.crowd.pause():
            self.fail(f"{name}: buyers still wait for an answer")
        settled_s = self.expect_settled(name)
        self.expect_orders(name)
        self.expect_clean(name)
        try:
            self.databases.wait_until_whole(120)
        except RuntimeError as error:
            self.fail(f"{name}: {error}")
        row = (title, f"{gap:.0f} s", orders, self.crowd.unanswered, f"{settled_s:.0f} s", ", ".join(f"{count} × {what}" for what, count in sorted(errors.items())) or "none",
               "held" if len(self.faults) == failed_before else "FAILED")
        self.rows.append(row)
        print("  " + "; ".join([f"longest gap {row[1]}", f"{orders} orders", f"settled in {row[4]}", f"errors: {row[5]}", row[6]] + self.notes) +
              (f"; refused: {dict(self.crowd.refused)}" if self.crowd.refused else "") + f"; {ended - struck:.0f} s", flush=True)

    def expect_settled(self, name):
        began = time.monotonic()
        states = "', '".join(SETTLED)

        def open_sagas():
            return {module: rows for module in MODULES_WITH_SAGAS
                    if (rows := self.databases.ask(module, f"SELECT definition, state, step, count(*) FROM saga WHERE state NOT IN ('{states}') GROUP BY 1, 2, 3"))}
        try:
            wait_for("settled sagas", lambda: not (left := open_sagas()) or (_ for _ in ()).throw(RuntimeError(str(left))), SETTLE_S)
        except RuntimeError as error:
            self.fail(f"{name}: {error}")
        return time.monotonic() - began

    def expect_orders(self, name):
        """Each order that a buyer was promised is there, and none of them twice."""
        with self.crowd.lock:
            promised = set(self.crowd.accepted)
        there = {row[0] for row in self.databases.ask("order", "SELECT id FROM order_header WHERE status NOT IN ('cancelled')")}
        if lost := promised - there:
            self.fail(f"{name}: {len(lost)} accepted orders are not there: {sorted(lost)[:5]}")
        if twice := self.databases.ask("order", "SELECT contact_email, count(*) FROM order_header GROUP BY 1 HAVING count(*) > 1"):
            self.fail(f"{name}: bought twice: {twice[:5]}")

    def expect_clean(self, name):
        """Events are on their way for a while, so it is asked until it is clean, or a minute is over."""
        report = {}

        def is_clean():
            done = self.shop.emporion("audit", "--placement", self.shop.placement, check=False)
            report["last"] = done.stdout
            return done.returncode == 0
        try:
            wait_for("a clean audit", is_clean, SETTLE_S, 2)
        except RuntimeError:
            lines = [line for line in report["last"].splitlines() if not line.startswith("holds")]
            self.fail(f"{name}: the audit: " + "\n    ".join(lines[:20]))

    def table(self):
        lines = ["| fault | longest time without an order | orders meanwhile | without an answer in 90 s | sagas settled in | errors that buyers saw | result |",
                 "| --- | --- | --- | --- | --- | --- | --- |"]
        return "\n".join(lines + ["| " + " | ".join(map(str, row)) + " |" for row in self.rows])


def self_test(folder):
    """What the harness rests on: hosts that reach each other, a cut that cuts, a line that is as bad as it says, and their ends. Some seconds."""
    os.makedirs(f"{folder}/logs")
    one, two = Network(folder, 2).hosts

    def answer_ms():
        """Until a port that nobody has refuses."""
        probe = ("import socket, time; began = time.monotonic(); line = socket.socket(); line.settimeout(1)\n"
                 f"try: line.connect(('{two.address}', 9))\nexcept ConnectionRefusedError: print((time.monotonic() - began) * 1000)\nexcept OSError: pass")
        heard = one.inside(sys.executable, "-c", probe).stdout
        return float(heard) if heard else None
    assert answer_ms() is not None, "hosts do not reach each other"
    two.cut()
    assert answer_ms() is None, "a cut host answers"
    two.mend()
    assert wait_for("an answer after the cut", answer_ms, 5) is not None
    two.silence()
    assert answer_ms() is None, "a silent host answers"
    two.let_speak()
    assert answer_ms() is not None, "a host that may speak again does not"
    how = two.worsen(0, 100)
    wait_for("an answer over the bad line", answer_ms, 5)
    slow = answer_ms()
    two.improve()
    assert 95 <= slow <= 250, f"100 ms take {slow} ms"
    assert wait_for("an answer over the good line", answer_ms, 5) < 50
    print(f"the hosts hold; the bad line by {how} takes {slow:.0f} ms")


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--work", required=True)
    options.add_argument("--only", help="faults, by comma")
    options.add_argument("--list", action="store_true")
    options.add_argument("--self-test", action="store_true")
    options.add_argument("--binary", default=os.environ.get("EMP_EMPORION", "build/dev/apps/emporion/emporion"))
    options.add_argument("--earlier", default=os.environ.get("EMP_EMPORION_EARLIER"))
    given = options.parse_args()
    if given.list:
        return print("\n".join(f"{name}: {title}" for name, (_, title) in FAULTS.items()))
    if given.self_test:
        return self_test(given.work)
    faults = given.only.split(",") if given.only else list(FAULTS)
    if "rolling_upgrade" in faults:  # What comes after it is suffered by this build.
        faults = ["rolling_upgrade"] + [name for name in faults if name != "rolling_upgrade"]
        if not given.earlier:
            options.error("rolling_upgrade needs --earlier, the program of the build before: tools/earlier.sh makes it")
    # Copies: a build meanwhile changes nothing here.
    binary, earlier = f"{given.work}/emporion", f"{given.work}/emporion-earlier" if faults[0] == "rolling_upgrade" else None
    run("cp", given.binary, binary)
    if earlier:
        run("cp", given.earlier, earlier)
    cluster = Cluster(given.work, binary, earlier)
    began = time.monotonic()
    try:
        cluster.start()
        for name in faults:
            cluster.suffer(name)
        for name, code in cluster.shop.stop().items():
            if code != 0:
                cluster.fail(f"{name} ended with {code}")
    finally:
        if cluster.faults or not cluster.rows:
            for program in [*cluster.shop.programs.values(), *cluster.databases.patroni.values()]:
                print(f"--- {program.host.name} {program.name}\n{program.last_lines(5)}")
    print(f"\n{cluster.table()}\n\n{len(cluster.crowd.accepted)} orders were accepted; {time.monotonic() - began:.0f} s")
    sys.exit(1 if cluster.faults else 0)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    main()
