#!/usr/bin/env python3
"""The rows of the design's table that one shop shows alone: bench/rows.py [--quick] [ROW…]

Starts a shop of its own, measures, audits, and prints one JSON line for each row: what was measured, its limit and their ratio. Loopback only; what it starts
it stops. Rows: start idle_memory open_carts one_client gateway crowd_of_128 wholesale flash visible
"""
import http.client
import json
import os
import re
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time

from shop import BUYERS, CLIENTS, SKUS, Shop, end, get, metric, run, say, write_assortment

FLASH_SOLD, WHOLESALE_LINES = 50, 1000
ADDRESS = {"name": "Guest of the shop", "country": "GB", "region_code": "GB-ENG", "city": "London", "line1": "1 Market Street", "postal_code": "EC1A 1BB"}


def row(number, name, ours, limit, unit, target, limit_is, **more):
    """A target is about the ratio of what was measured to its limit."""
    return {"number": number, "row": name, "emporion": round(ours, 3), "limit": round(limit, 3), "unit": unit, "ratio": round(ours / limit, 3), "target": target,
            "limit_is": limit_is, **more}


def step_of(round_, name):
    return next((step for step in round_["steps"] if step["step"] == name), {"calls": 0, "p50_ms": 0.0, "p99_ms": 0.0})


class Guest:
    """A buyer who keeps one connection, for what bench_checkout's buyers do not do."""

    def __init__(self, address):
        self.connection, self.cookie, self.token, self.keys = http.client.HTTPConnection(address, timeout=60), None, None, 0
        self.name = f"guest-{os.urandom(6).hex().translate(str.maketrans('0123456789', 'ghijklmnop'))}"

    def call(self, method, path, body=None, expected=(200, 201)):
        self.keys += 1
        headers = {"Content-Type": "application/json", "Idempotency-Key": f"{self.name}-{self.keys}"}
        if self.cookie:
            headers["Cookie"] = self.cookie
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        self.connection.request(method, path, json.dumps(body) if body is not None else None, headers)
        answer = self.connection.getresponse()
        text = answer.read().decode()
        for value in answer.headers.get_all("Set-Cookie") or []:
            if value.startswith("cart_token="):
                self.cookie = value.split(";")[0]
        if answer.status not in expected:
            raise RuntimeError(f"{method} {path}: {answer.status} {text[:500]}")
        return json.loads(text) if text else {}

    def fill(self, lines):
        for line in range(lines):
            self.call("POST", "/api/v1/cart/items", {"sku": f"B{1000 + line}", "qty": 1})

    def prepare(self):
        self.at = f"/api/v1/checkout/{self.call('POST', '/api/v1/checkout', {})['checkout']['id']}"
        self.call("PUT", f"{self.at}/contact", {"contact": {"email": f"{self.name}@bench.example"}})
        self.call("PUT", f"{self.at}/shipping-address", {"address": ADDRESS})
        groups = self.call("GET", f"{self.at}/shipping-methods")["groups"]
        chosen = [{"group_key": group["group_key"], "method_id": next(o["method_id"] for o in group["options"] if o.get("cod_allowed"))} for group in groups]
        self.call("PUT", f"{self.at}/shipping-method", {"selections": chosen})
        self.call("PUT", f"{self.at}/payment-method", {"payment": {"method": "cod"}})
        quote = self.call("POST", f"{self.at}/preview", {})["quote"]
        self.confirmation = {"quote_id": quote["id"], "expected_total": quote["totals"]["grand_total"], "terms_accepted": True}

    def confirm(self):
        """Answers the seconds until the order is confirmed."""
        began = time.monotonic()
        answer = self.call("POST", f"{self.at}/confirm", self.confirmation, (200, 201, 202))
        while answer["status"] == "processing":
            answer = self.call("GET", f"{self.at}/confirmation", expected=(200, 202))
        if answer["status"] != "confirmed":
            raise RuntimeError(f"not confirmed: {answer}")
        return time.monotonic() - began


def fsync_ms(folder):
    """The mean time of one fdatasync where the databases are, as PostgreSQL's own program measures it."""
    said = run(["/usr/lib/postgresql/15/bin/pg_test_fsync", "-s", "2", "-f", f"{folder}/fsync.test"])
    return float(re.search(r"fdatasync\s+[\d.]+ ops/sec\s+([\d.]+) usecs/op", said)[1]) / 1000


class Rows:
    def __init__(self, work, is_quick):
        self.work, self.is_quick, self.shop = work, is_quick, Shop(work)

    def open(self):
        say(f"a shop of {SKUS} articles")
        self.shop.start()
        write_assortment(f"{self.work}/assortment.csv", [("FLASH", FLASH_SOLD)])
        run(self.shop.words("import", "online-retail", f"{self.work}/assortment.csv"))
        run(self.shop.words("admin", "create", "--email", "ada@bench.example", "--name", "Ada"), env={**os.environ, "EMPORION_ADMIN_PASSWORD": "a long quiet river"})
        self.start_again()

    def start_again(self):
        self.shop.stop()
        return self.shop.start()

    def start(self):
        took = statistics.median(self.start_again() for _ in range(3 if self.is_quick else 5))
        return [row(14, "start to ready, databases there", took, 1, "s", "< 1", "1 s")]

    def idle_memory(self):
        self.start_again()
        time.sleep(5)
        return [row(13, "memory, idle, all modules", self.shop.memory_mib(), 150, "MiB", "< 1", "150 MiB")]

    def open_carts(self):
        count = 300 if self.is_quick else 1000
        warm, guests = [Guest(self.shop.address) for _ in range(50)], []
        for guest in warm:
            guest.fill(3)
        before = self.shop.memory_mib()
        for _ in range(count):
            guests.append(Guest(self.shop.address))
            guests[-1].fill(3)
            guests[-1].connection.close()
        grew = self.shop.memory_mib() - before
        return [row(13, "memory per 1,000 open carts", max(0.0, grew) * 1000 / count, 2, "MiB", "< 1", "2 MiB")]

    def one_client(self):
        self.shop.buy("confirm", 50, clients=1)
        fsync = fsync_ms(self.work)
        measured = self.shop.buy("confirm", 100 if self.is_quick else 300, clients=1)
        return [row(3, "one client, confirm p50", step_of(measured, "confirm")["p50_ms"], 3 * fsync + 2, "ms", "≤ 1", f"3 × one fdatasync of {fsync:.2f} ms + 2 ms")]

    def gateway(self):
        def own():
            return [metric(get(self.shop.address, "/metrics")[1], "emporion_gateway_own_seconds_bucket", le=le) for le in ("0.001", "+Inf")]
        before = own()
        self.shop.buy("purchase", 5 if self.is_quick else 10)
        within, all_ = (sum(after) - sum(was) for after, was in zip(own(), before))
        return [row(8, "gateway's own time: share of requests within 1 ms", 100 * within / all_, 99, "%", "≥ 1", "99 of 100 within 1 ms", requests=int(all_))]

    def crowd_of_128(self):
        bought = self.shop.buy("purchase", 8 if self.is_quick else 15, clients=128)
        confirmed = self.shop.buy("confirm", 1000 if self.is_quick else 2500, clients=128)
        slowest = max((step for step in bought["steps"]), key=lambda step: step["p99_ms"])
        return [row(1, f"128 clients, complete purchase: p99 of its slowest step ({slowest['step']})", slowest["p99_ms"], 100, "ms", "< 1", "100 ms"),
                row(2, "128 clients, confirm p99", step_of(confirmed, "confirm")["p99_ms"], 50, "ms", "< 1", "50 ms")]

    def beside(self, seconds):
        """Buyers of other articles, by a program of their own."""
        return subprocess.Popen([BUYERS, "purchase", str(seconds), self.shop.url, "4", str(SKUS), str(self.shop.program.pid), self.shop.postgres()],
                                stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)

    def wholesale(self):
        guest = Guest(self.shop.address)
        guest.fill(WHOLESALE_LINES)
        guest.prepare()
        alone = json.loads(self.beside(4).communicate()[0])
        others = self.beside(4)
        time.sleep(1.5)
        took = guest.confirm()
        during = json.loads(others.communicate()[0])
        waited = step_of(during, "confirm")["p99_ms"] - step_of(alone, "confirm")["p99_ms"]
        return [row(6, f"an order of {WHOLESALE_LINES} lines, confirm", took, 1, "s", "< 1", "1 s"),
                row(6, "what others' confirm p99 grew meanwhile", max(0.0, waited), 100, "ms", "< 1", "100 ms")]

    def flash(self):
        buyers = 1000 if self.is_quick else 10_000
        units = sum(item["available"] for item in self.staff().call("GET", "/api/v1/inventory?sku=FLASH")["items"])  # The import adds some to what was sold.
        alone = json.loads(self.beside(5).communicate()[0])
        crowd = subprocess.Popen([BUYERS, "flash", str(buyers), self.shop.url, "256", "FLASH", str(self.shop.program.pid), self.shop.postgres()],
                                 stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        try:
            say(crowd.stderr.readline().strip())
            during = json.loads(self.beside(4).communicate()[0])
            sold = json.loads(crowd.communicate()[0])
        finally:
            if crowd.poll() is None:
                end(crowd)
        left = {reason: count for reason, count in sold["errors"].items() if not reason.endswith("OUT_OF_STOCK")}
        asked = sum(sold["errors"].values()) + sold["orders"]
        refused = step_of(sold, "confirm, refused")
        slower = step_of(during, "confirm")["p50_ms"] / step_of(alone, "confirm")["p50_ms"]
        return [row(4, f"{asked:,} buyers at once for {units} units over HTTP: orders", sold["orders"], units, "orders", "= 1", f"{units} units", other_errors=left),
                row(4, "the same: p99 of the answer that it is sold out", refused["p99_ms"], 50, "ms", "< 1", "50 ms"),
                row(4, "the same: answers a second until the last buyer knows", asked / sold["seconds"], 1, "1/s", "–", "none stated"),
                row(4, "the same: others' confirm p50 beside it", slower, 1.5, "times", "≤ 1", "1.5 times")]

    def staff(self):
        out = Guest(self.shop.address)
        out.token = out.call("POST", "/api/v1/auth/login", {"identifier": "ada@bench.example", "password": "a long quiet river", "realm": "staff"})["access_token"]
        return out

    def visible(self):
        staff, reader = self.staff(), Guest(self.shop.address)
        product = staff.call("GET", "/api/v1/catalog/products/slug/or-b1000")["product"]
        id_, version = product["id"], product["version"]
        kept = {key: product[key] for key in ("slug", "name", "category_id", "category_ids", "tax_class", "tags", "option_axes", "media") if key in product}
        kept["variants"] = [{key: variant[key] for key in ("id", "sku", "weight_g", "is_default") if key in variant} for variant in product["variants"]]
        others, spans = self.beside(15), []
        try:
            for change in range(20 if self.is_quick else 100):
                kept["name"] = f"Changed {change}"
                version = staff.call("PUT", f"/api/v1/catalog/products/{id_}", {"version": version, "product": kept})["version"]
                began = time.monotonic()
                while reader.call("GET", "/api/v1/catalog/products/slug/or-b1000")["product"]["name"] != kept["name"]:
                    pass
                spans.append((time.monotonic() - began) * 1000)
        finally:
            others.communicate()
        spans.sort()
        return [row(10, f"a product's change seen by its readers, p99 of {len(spans)}", spans[(len(spans) * 99 + 99) // 100 - 1], 100, "ms", "< 1", "100 ms")]


NAMES = ("start", "idle_memory", "open_carts", "one_client", "gateway", "crowd_of_128", "wholesale", "visible", "flash")


def main():
    words = sys.argv[1:]
    if "-h" in words or "--help" in words:
        return print(__doc__)
    is_quick = "--quick" in words
    wanted = [word for word in words if word != "--quick"] or NAMES
    if unknown := [name for name in wanted if name not in NAMES]:
        sys.exit(f"no such row: {' '.join(unknown)}; there are {' '.join(NAMES)}")
    os.chdir(os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
    work = tempfile.mkdtemp(prefix="emporion-rows.", dir="/tmp")
    rows = Rows(work, is_quick)
    try:
        rows.open()
        for name in wanted:
            say(name)
            for each in getattr(rows, name)():
                print(json.dumps(each, ensure_ascii=False), flush=True)
        say(f"the audit is clean: {rows.shop.audit()} invariants")
    finally:
        rows.shop.stop()
        shutil.rmtree(work, ignore_errors=True)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    main()
