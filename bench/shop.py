"""What the benchmarks share: an assortment, which `shop.py FILE` writes, and in Python a shop on loopback and what it tells of itself."""
import contextlib
import http.client
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

CLIENTS, SKUS = 64, 3999
EMPORION = os.environ.get("EMP_EMPORION", "build/release/apps/emporion/emporion")
BUYERS = os.environ.get("EMP_BUYERS", "build/release/bench/checkout/bench_checkout")


ADMINISTRATOR, PASSWORD = "ada@bench.example", "a long quiet river"


@contextlib.contextmanager
def workplace(name, above="/tmp"):
    """At the root of the repository, a folder of its own for as long as the block runs. Who is asked to end leaves the block first, so what it started ends with it."""
    os.chdir(os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    work = tempfile.mkdtemp(prefix=f"emporion-{name}.", dir=above)
    os.chmod(work, 0o711)  # PostgreSQL's user passes through.
    try:
        yield work
    finally:
        shutil.rmtree(work, ignore_errors=True)


def row(number, name, ours, limit, unit, target, limit_is, **more):
    """`number` is that of the table in bench/README.md; 0: a part that no target is set for. A target is about the ratio of what was measured to its limit."""
    return {"number": number, "row": name, "emporion": round(ours, 3), "limit": round(limit, 3), "unit": unit, "ratio": round(ours / limit, 3), "target": target,
            "limit_is": limit_is, **more}


def row_of_none(number, name, count, unit, **more):
    """Of something that must not be there. A ratio to none is not defined, so one is added to both."""
    return row(number, name, count + 1, 1, f"{unit} + 1", "= 1", "none", **more)


def tell(rows):
    for each in rows:
        print(json.dumps(each, ensure_ascii=False), flush=True)


def write_assortment(path, more=()):
    """SKUS articles named B1000 and up, a million of each; `more` are (name, units)."""
    with open(path, "w") as out:
        out.write("InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n")
        articles = [(f"B{1000 + i}", 1000 + i, 1_000_000, 1.25 + i % 40 / 4) for i in range(SKUS)] + [(name, name, units, 2.5) for name, units in more]
        for code, name, units, price in articles:
            out.write(f"500001,{code},Article {name} of the bench,{units},2010-12-01T08:26:00,{price:.2f},,United Kingdom\n")


def run(words, within_s=300, **more):
    """What the program said, or what it complained of as an error."""
    done = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=within_s, **more)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(words)}: {done.stdout[-4000:]}")
    return done.stdout


def get(address, path, within_s=2):
    """Status and body; 0 where nobody answers."""
    try:
        connection = http.client.HTTPConnection(address, timeout=within_s)
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    except (OSError, http.client.HTTPException):
        return 0, ""


def metric(document, name, **labels):
    """Of the lines with all these labels, the values."""
    out = []
    for line in document.splitlines():
        if line.startswith((name + "{", name + " ")) and all(f'{label}="{value}"' in line for label, value in labels.items()):
            out.append(float(line.rsplit(" ", 1)[1]))
    return out


def buy(kind, amount, url, clients, wants, shop, postgres, *metrics):
    """One round of buyers, see bench/checkout/main.cpp. Answers what it measured."""
    done = subprocess.run([BUYERS, kind, str(amount), url, str(clients), str(wants), str(shop), str(postgres), *metrics], stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True, timeout=600)
    if done.returncode != 0:
        raise RuntimeError(f"the buyers: {done.stderr}")
    return json.loads(done.stdout)


def end(program, within_s=60):
    """Asks a program of ours to end, and waits for it."""
    program.terminate()
    try:
        program.wait(within_s)
    except subprocess.TimeoutExpired:
        program.kill()
        program.wait()


def say(what):
    print(f"bench: {what}", file=sys.stderr, flush=True)


def processor_s(*pids):
    """What these processes have used of a processor, in seconds."""
    ticks = 0
    for pid in pids:
        try:
            ticks += sum(map(int, open(f"/proc/{pid}/stat").read().rpartition(") ")[2].split()[11:15]))
        except (FileNotFoundError, ProcessLookupError):
            pass  # It has just ended.
    return ticks / os.sysconf("SC_CLK_TCK")


def make_home(folder):
    """A home for a shop, in a folder that is made for it. PostgreSQL's user passes through both."""
    home = f"{folder}/home"
    os.makedirs(home, exist_ok=True)
    for each in (folder, home):
        os.chmod(each, 0o711)
    return home


def postgres_of(home):
    """The process id of its private PostgreSQL."""
    return open(f"{home}/postgres/data/postmaster.pid").readline().strip()


def ask(home, database, sql):
    """What psql answers, a line for each row, its columns with | between them."""
    socket = re.search(r"^unix_socket_directories = '(.*)'$", open(f"{home}/postgres/data/emporion.conf").read(), re.M)[1]
    environment = {**os.environ, "PGHOST": socket, "PGPORT": "5432", "PGUSER": "emporion_admin",
                   "PGPASSWORD": open(f"{home}/postgres/administrator.password").read().strip()}
    return run(["psql", "-qAtXd", database, "-c", sql], env=environment).splitlines()


class Shop:
    """`emporion up` in a home of its own, with the settings of a placement: the bench's if none is said."""

    def __init__(self, folder, placement="bench/checkout/placement.yaml"):
        self.home, self.log, self.program, self.placement = make_home(folder), f"{folder}/shop.log", None, placement

    def words(self, *words):
        return [EMPORION, *words, "--home", self.home, "--placement", self.placement]

    def start(self):
        """Answers the seconds until it said that it is ready."""
        began = time.monotonic()
        log = open(self.log, "ab")
        self.program = subprocess.Popen(self.words("up", "--port", "0"), stdout=subprocess.PIPE, stderr=log, stdin=subprocess.DEVNULL, text=True)
        log.close()
        for line in self.program.stdout:
            if line.startswith("ready"):
                took = time.monotonic() - began
                self.url = line.split()[1]
                self.address = self.url.split("/")[-1]
                return took
        raise RuntimeError(f"the shop did not start: {open(self.log).read()[-2000:]}")

    def make_administrator(self):
        run(self.words("admin", "create", "--email", ADMINISTRATOR, "--name", "Ada"), env={**os.environ, "EMPORION_ADMIN_PASSWORD": PASSWORD})

    def stop(self):
        if self.program:
            end(self.program)
        self.program = None

    def postgres(self):
        return postgres_of(self.home)

    def buy(self, kind, amount, clients=CLIENTS, wants=SKUS):
        return buy(kind, amount, self.url, clients, wants, self.program.pid, self.postgres())

    def memory_mib(self):
        """What is resident of the shop's process, without PostgreSQL."""
        return next(int(line.split()[1]) for line in open(f"/proc/{self.program.pid}/status") if line.startswith("VmRSS")) / 1024

    def processor_s(self):
        """Of the shop and of its PostgreSQL, in seconds."""
        postgres = self.postgres()
        return processor_s(self.program.pid, postgres, *open(f"/proc/{postgres}/task/{postgres}/children").read().split())

    def ask(self, database, sql):
        return ask(self.home, database, sql)

    def databases(self):
        return self.ask("postgres", "SELECT datname FROM pg_database WHERE datname LIKE 'emporion_%'")

    def audit(self, within_s=300):
        """The number of invariants that hold; an error if one does not."""
        return sum(line.startswith("holds") for line in run(self.words("audit"), within_s).splitlines())


def all_modules():
    return re.findall(r"^  (\w+): \{modules", open("deploy/placement/per-module.yaml").read(), re.M)


class Served:
    """Placements of one home in a folder that is made for it, and the processes that serve them. `placements`: by name, the lines of their processes; the bench's
    settings follow in each."""

    def __init__(self, folder, placements):
        self.folder, self.home, self.running = folder, make_home(folder), {}
        settings = open("bench/checkout/placement.yaml").read()
        for name, lines in placements.items():
            with open(self.placement(name), "w") as out:
                out.write(f"home: {self.home}\nprocesses:\n{lines}{settings}")

    def placement(self, name):
        return f"{self.folder}/{name}.yaml"

    def emporion(self, placement, *words, within_s=300):
        return run([EMPORION, *words, "--placement", self.placement(placement)], within_s)

    def start(self, placement, process, *more):
        """Answers when it has begun, not when it is ready. `more` of one process are its replicas' numbers and such."""
        name = "-".join((process, *more))
        with open(f"{self.folder}/{name}.log", "ab") as log:
            self.running[name] = subprocess.Popen([EMPORION, "serve", "--placement", self.placement(placement), "--process", process, *more], stdout=log, stderr=log,
                                                  stdin=subprocess.DEVNULL)
        return name

    def wait_until_ready(self, name, metrics, within_s=60):
        end_at = time.monotonic() + within_s
        while time.monotonic() < end_at and self.running[name].poll() is None:
            if get(metrics, "/health/ready")[0] == 200:
                return
            time.sleep(0.05)
        raise RuntimeError(f"{name} is not ready: {open(f'{self.folder}/{name}.log').read()[-2000:]}")

    def stop(self, *names):
        """Those named, or all."""
        programs = [self.running.pop(name) for name in names or list(self.running)]
        for program in programs:
            program.terminate()
        for program in programs:
            end(program)

    def postgres(self):
        return postgres_of(self.home)


if __name__ == "__main__":
    write_assortment(sys.argv[1])
