"""Guests who buy at a bounded rate, one article each, at any of the hosts: as a browser does, the next one if the first cannot be reached."""
import collections
import http.client
import json
import random
import threading
import time
import uuid

CONNECT_S, ANSWER_S, CONFIRM_WITHIN_S = 2, 20, 90
ADDRESS = {"name": "Mai Tran", "phone": "+84901234567", "country": "VN", "region_code": "VN-HN", "city": "Hà Nội", "line1": "1 Tràng Tiền"}


class Refused(Exception):
    """A purchase that came to nothing, with what the shop said."""


class Purchase:
    """One guest's way from an empty cart to an order."""

    def __init__(self, addresses, tell, chance):
        self.addresses, self.tell, self.cookie = addresses, tell, None
        self.at = chance.randrange(len(addresses))
        self.name = uuid.uuid4().hex

    def call(self, method, path, body=None, key=None):
        """(status, document). Status 0: nobody could be reached, or no answer came."""
        headers = {"Content-Type": "application/json"} if body is not None else {}
        if key:
            headers["Idempotency-Key"] = key
        if self.cookie:
            headers["Cookie"] = self.cookie
        for _ in self.addresses:
            connection = http.client.HTTPConnection(self.addresses[self.at], 80, timeout=CONNECT_S)
            try:
                connection.connect()
            except OSError:
                self.at = (self.at + 1) % len(self.addresses)
                continue
            try:
                connection.sock.settimeout(ANSWER_S)
                connection.request(method, "/api/v1" + path, None if body is None else json.dumps(body).encode(), headers)
                answer = connection.getresponse()
                content = answer.read()
                cookie = answer.getheader("Set-Cookie") or ""
                if cookie.startswith("cart_token="):
                    self.cookie = cookie.split(";")[0]
                try:
                    document = json.loads(content) if content else {}
                except ValueError:
                    document = {}
                if answer.status >= 400:
                    self.tell(f"{answer.status} {document.get('reason', 'at the entrance')}")
                return answer.status, document
            except (OSError, http.client.HTTPException):
                self.tell("no answer")
                self.at = (self.at + 1) % len(self.addresses)  # The next request goes elsewhere; this one may have taken effect.
                return 0, {}
            finally:
                connection.close()
        self.tell("no connection")
        return 0, {}

    def must(self, *call):
        status, document = self.call(*call)
        if status not in (200, 201):
            raise Refused(f"{status} {document.get('reason', '')}")
        return document

    def prepare(self, sku):
        self.must("POST", "/cart/items", {"sku": sku, "qty": 1}, "add-" + self.name)
        self.session = self.must("POST", "/checkout", {}, "start-" + self.name)["checkout"]["id"]
        at = "/checkout/" + self.session
        self.must("PUT", at + "/contact", {"contact": {"email": self.name + "@example.com"}})
        self.must("PUT", at + "/shipping-address", {"address": ADDRESS})
        groups = self.must("GET", at + "/shipping-methods")["groups"]
        self.must("PUT", at + "/shipping-method", {"selections": [{"group_key": each["group_key"], "method_id": each["options"][0]["method_id"]} for each in groups]})
        self.must("PUT", at + "/payment-method", {"payment": {"method": "cod"}})
        quote = self.must("POST", at + "/preview", {})["quote"]
        return {"quote_id": quote["id"], "expected_total": quote["totals"]["grand_total"], "terms_accepted": True}

    def confirm(self, words):
        """Again and again with one key, until the shop has said yes or no. Answers the order's id; None: it said neither in time."""
        end = time.monotonic() + CONFIRM_WITHIN_S
        while time.monotonic() < end:
            status, document = self.call("POST", f"/checkout/{self.session}/confirm", words, "buy-" + self.name)
            if status in (200, 201):
                return document["order_id"]
            if status not in (0, 409, 429, 500, 502, 503, 504) or (status == 409 and document.get("reason") not in ("REQUEST_IN_PROGRESS", "CONFIRM_IN_PROGRESS")):
                raise Refused(f"{status} {document.get('reason', '')}")
            time.sleep(1)
        return None


class Crowd:
    """Some buyers side by side, who can be told to pause. What they were promised is kept for good; what they met, for each fault."""

    def __init__(self, addresses, count=4, per_second=2.0, seed=1):
        self.addresses, self.pause_s = addresses, count / per_second
        self.lock, self.accepted = threading.Lock(), {}
        self.running, self.ended, self.busy = threading.Event(), threading.Event(), 0
        self.begin()
        self.skus = []
        self.threads = [threading.Thread(target=self._buy, args=(seed * 1000 + number,), daemon=True) for number in range(count)]

    def begin(self):
        """A new account of what is met from now on."""
        with self.lock:
            self.times, self.errors, self.refused, self.unanswered = [time.monotonic()], collections.Counter(), collections.Counter(), 0

    def find_goods(self):
        purchase = Purchase(self.addresses, lambda _: None, random.Random(0))
        products = purchase.must("GET", "/catalog/products?page_size=50")["products"]
        self.skus = [variant["sku"] for product in products for variant in product["variants"]]

    def start(self):
        for thread in self.threads:
            thread.start()
        self.running.set()

    def pause(self, within_s=120):
        """Nobody begins anything new; answers when all have come to their end."""
        self.running.clear()
        end = time.monotonic() + within_s
        while self.busy and time.monotonic() < end:
            time.sleep(0.1)
        return self.busy == 0

    def resume(self):
        self.running.set()

    def count(self):
        with self.lock:
            return len(self.times) - 1

    def longest_gap_s(self, end):
        """The longest time without an accepted order."""
        with self.lock:
            marks = self.times + [end]
        return max(later - earlier for earlier, later in zip(marks, marks[1:]))

    def _tell(self, what):
        with self.lock:
            self.errors[what] += 1

    def _buy(self, seed):
        chance = random.Random(seed)
        while not self.ended.is_set():
            if not self.running.wait(0.2):
                continue
            with self.lock:
                self.busy += 1
            began = time.monotonic()
            try:
                self._buy_one(chance)
            finally:
                with self.lock:
                    self.busy -= 1
            time.sleep(max(0.05, self.pause_s - (time.monotonic() - began)))

    def _buy_one(self, chance):
        purchase = Purchase(self.addresses, self._tell, chance)
        try:
            sku = chance.choice(self.skus)
            words = purchase.prepare(sku)
            order = purchase.confirm(words)
        except (Refused, KeyError, IndexError, TypeError) as why:
            with self.lock:
                self.refused[str(why)] += 1
                if "OUT_OF_STOCK" in str(why) and sku in self.skus and len(self.skus) > 1:
                    self.skus.remove(sku)
            return
        with self.lock:
            if order is None:
                self.unanswered += 1
            else:
                self.accepted[order] = purchase.name
                self.times.append(time.monotonic())
