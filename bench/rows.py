#!/usr/bin/env python3
"""The rows of the design's table that one shop shows alone: bench/rows.py [--quick] [ROW…]

Starts a shop of its own, measures, audits, and prints one JSON line for each row: what was measured, its limit and their ratio. Loopback only; what it starts
it stops. Rows: start idle_memory open_carts one_client gateway quote crowd_of_128 wholesale visible flash year
"""
import http.client
import json
import os
import re
import statistics
import subprocess
import sys
import time

from shop import ADMINISTRATOR, BUYERS, CLIENTS, EMPORION, PASSWORD, SKUS, Shop, end, get, metric, row, run, say, tell, workplace, write_assortment

FLASH_SOLD, WHOLESALE_LINES, QUOTED_LINES, CROWD_OF_PROMOTIONS = 50, 1000, 50, 1000
YEAR, YEAR_PLACEMENT = "../shared/data/online-retail.csv.gz", "deploy/wholesale.yaml"
ADDRESS = {"name": "Guest of the shop", "country": "GB", "region_code": "GB-ENG", "city": "London", "line1": "1 Market Street", "postal_code": "EC1A 1BB"}


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
        self.shop.make_administrator()
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
        out.token = out.call("POST", "/api/v1/auth/login", {"identifier": ADMINISTRATOR, "password": PASSWORD, "realm": "staff"})["access_token"]
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

    def quote(self):
        """Prices of 50 lines by Pricing, and what ten promotions, three of them by coupon, take off them by Promotion, over HTTP; then the same among a thousand
        promotions that are on. What the machine uses for both, PostgreSQL included and what it uses at rest taken off."""
        staff, buyer, count = self.staff(), Guest(self.shop.address), 200 if self.is_quick else 2000
        always = {"starts_at": "2020-01-01T00:00:00Z", "ends_at": "2100-01-01T00:00:00Z"}
        crowd = staff.call("POST", "/api/v1/promotion/campaigns", {"terms": {"name": "A crowd", "type": "seasonal", **always}})["id"]
        staff.call("POST", f"/api/v1/promotion/campaigns/{crowd}/activate", {})

        def promotion(name, **terms):
            made = staff.call("POST", "/api/v1/promotion/promotions", {"terms": {"name": name, "rule_type": "cart", "kind": "percentage", **always, **terms}})["id"]
            staff.call("POST", f"/api/v1/promotion/promotions/{made}/activate", {})
            return made

        codes = [f"BENCH{chr(65 + one)}" for one in range(3)]
        for one in range(10):
            terms = {"percentage_bp": 100 + one, "is_stackable": True, "priority": one, "include": {"skus": [f"B{1000 + line}" for line in range(one, QUOTED_LINES, 3)]}}
            made = promotion(f"On {one}", requires_coupon=one < len(codes), **terms)
            if one < len(codes):
                staff.call("POST", "/api/v1/promotion/coupons", {"promotion_id": made, "code": codes[one], "terms": {"type": "multi"}})
        for one in range(CROWD_OF_PROMOTIONS - 10):
            promotion(f"Of the crowd {one}", campaign_id=crowd, percentage_bp=500, include={"skus": [f"B{2000 + one}"]})
        prices = {"currency": "GBP", "destination": {"country": "GB"}, "lines": [{"line_id": str(line), "sku": f"B{1000 + line}", "qty": 2} for line in range(QUOTED_LINES)]}

        def ask():
            priced = buyer.call("POST", "/api/v1/pricing/calculate", prices)
            lines = [{"line_id": line["line_id"], "sku": line["sku"], "qty": line["qty"], "unit_amount": line["unit_price"]} for line in priced["lines"]]
            return buyer.call("POST", "/api/v1/promotion/promotions/validate", {"lines": lines, "destination_country": "GB", "coupons": codes})

        def cpu_ms():
            ask()  # The first one after a campaign is switched reads all its promotions anew.
            at_rest, began = self.shop.processor_s(), time.monotonic()
            time.sleep(2)
            at_rest = (self.shop.processor_s() - at_rest) / (time.monotonic() - began)
            used, began = self.shop.processor_s(), time.monotonic()
            for _ in range(count):
                taken = ask()
            if len(taken["applied"]) != 10:
                raise RuntimeError(f"not all ten promotions take something off: {taken}")
            return (self.shop.processor_s() - used - at_rest * (time.monotonic() - began)) * 1000 / count

        few, many = [], []
        cpu_ms()  # Warms up.
        for _ in range(1 if self.is_quick else 3):
            staff.call("POST", f"/api/v1/promotion/campaigns/{crowd}/deactivate", {})
            few.append(cpu_ms())
            staff.call("POST", f"/api/v1/promotion/campaigns/{crowd}/activate", {})
            many.append(cpu_ms())
        staff.call("POST", f"/api/v1/promotion/campaigns/{crowd}/deactivate", {})
        few, many = statistics.median(few), statistics.median(many)
        return [row(9, f"{QUOTED_LINES} lines, 10 promotions, 3 coupons: processor time, HTTP and PostgreSQL included", few, 2, "ms", "< 1", "2 ms"),
                row(9, f"the same among {CROWD_OF_PROMOTIONS:,} promotions that are on", many, few, "ms", "< 1.1", "among 10")]

    def year(self):
        if self.is_quick or not os.path.exists(YEAR):
            say("the year is not replayed: " + ("it takes minutes" if self.is_quick else f"no {YEAR}"))
            return []
        shop = Shop(f"{self.work}/year", YEAR_PLACEMENT)
        try:
            shop.start()
            shop.make_administrator()
            run(shop.words("import", "online-retail", YEAR), within_s=600)
            began = time.monotonic()
            said = run([EMPORION, "replay", "online-retail", YEAR, "--clients", str(CLIENTS), "--url", shop.url], within_s=1500,
                       env={**os.environ, "EMPORION_STAFF_EMAIL": ADMINISTRATOR, "EMPORION_STAFF_PASSWORD": PASSWORD})
            took = time.monotonic() - began
            say(f"{said.strip().splitlines()[-1]}; the audit is clean: {shop.audit(within_s=900)} invariants")
        finally:
            shop.stop()
        return [row(11, "the whole year replayed", took, 60, "s", "< 1", "60 s")]


NAMES = ("start", "idle_memory", "open_carts", "one_client", "gateway", "quote", "crowd_of_128", "wholesale", "visible", "flash", "year")


def main():
    words = sys.argv[1:]
    if "-h" in words or "--help" in words:
        return print(__doc__)
    is_quick = "--quick" in words
    wanted = [word for word in words if word != "--quick"] or NAMES
    if unknown := [name for name in wanted if name not in NAMES]:
        sys.exit(f"no such row: {' '.join(unknown)}; there are {' '.join(NAMES)}")
    with workplace("rows") as work:
        rows = Rows(work, is_quick)
        try:
            rows.open()
            for name in wanted:
                say(name)
                tell(getattr(rows, name)())
            say(f"the audit is clean: {rows.shop.audit()} invariants")
        finally:
            rows.shop.stop()


if __name__ == "__main__":
    main()
