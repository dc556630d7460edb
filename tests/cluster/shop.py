"""Emporion in processes on three hosts, from a placement made for them."""
import os
import subprocess

from databases import HTTP_PORT
from hosts import Program, run, wait_for

#: process → (modules, numbers of the hosts of its replicas). Each has one on another host, so the shop sells while any one host is gone.
PROCESSES = {
    "front": (["gateway", "auth", "user", "location"], [1, 2, 3]),
    "sales": (["catalog", "pricing", "promotion", "checkout", "order", "payment"], [1, 2, 3]),
    "goods": (["warehouse", "fulfillment", "shipping"], [2, 3]),
}
LISTEN_PORT, METRICS_PORT = {"front": 9101, "sales": 9102, "goods": 9103}, {"front": 9201, "sales": 9202, "goods": 9203}
FAKETIME = "/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1"


def gateways(network_hosts):
    return [f"{network_hosts[number - 1].address}:{HTTP_PORT}" for number in PROCESSES["front"][1]]


class Shop:
    def __init__(self, network, databases, folder, binary):
        self.hosts, self.databases, self.folder, self.binary = network.hosts, databases, folder, binary
        self.placement, self.whole = f"{folder}/placement.yaml", f"{folder}/whole.yaml"
        common = (f"postgres: {databases.server} passfile={folder}/pgpass\npki: {folder}/pki\nidentity: {{master_key_file: {folder}/identity.key}}\n"
                  "fulfillment: {autopilot: true}\ngateway:\n  rate:\n" +
                  "".join(f"    {plan}: {{per_minute: 100000000, burst: 1000000}}\n" for plan in ("guest", "user", "login", "checkout_confirm", "webhook")))
        with open(self.whole, "w") as out:
            out.write(common)
        with open(self.placement, "w") as out:
            out.write(common + "processes:\n")
            for name, (modules, numbers) in PROCESSES.items():
                def at(port):
                    return "[" + ", ".join(f"'{self.hosts[number - 1].address}:{port}'" for number in numbers) + "]"
                out.write(f"  {name}:\n    modules: [{', '.join(modules)}]\n    listen: {at(LISTEN_PORT[name])}\n    metrics: {at(METRICS_PORT[name])}\n")
                if "gateway" in modules:
                    out.write(f"    http: {at(HTTP_PORT)}\n")
        self.programs = {}
        for name, (_, numbers) in PROCESSES.items():
            for replica, number in enumerate(numbers, 1):
                host = self.hosts[number - 1]
                program = Program(host, f"{name}-{replica}", [binary, "serve", "--placement", self.placement, "--process", name, "--replica", str(replica)],
                                  {"EMPORION_HOME": f"{host.folder}/home"})
                program.metrics = f"http://{host.address}:{METRICS_PORT[name]}"
                self.programs[program.name] = program

    def emporion(self, *words, within_s=120, binary=None, check=True):
        """A command of the binary from outside the hosts."""
        return run(binary or self.binary, *words, check=check, timeout=within_s, env={**os.environ, "EMPORION_HOME": f"{self.folder}/home"})

    def prepare(self):
        """Databases, the demo's goods, certificates: with the commands that a person types."""
        print(self.emporion("databases", "create", "--placement", self.placement, "--admin", self.databases.administrator).stdout, flush=True)
        self.emporion("migrate", "--placement", self.placement)
        seeding = Program(self.hosts[0], "seed", [self.binary, "up", "--demo", "shop", "--placement", self.whole, "--home", f"{self.hosts[0].folder}/home", "--port", "0"])
        seeding.start()
        wait_for("the demo's goods", lambda: "ready http" in open(seeding.log).read() or self._still(seeding), 180)
        seeding.stop()
        self.emporion("pki", "init", "--placement", self.placement)

    @staticmethod
    def _still(program):
        if not program.is_running():
            raise RuntimeError(f"{program.name} ended: {program.last_lines()}")
        return False

    def start(self):
        for program in self.programs.values():
            program.start()
        for program in self.programs.values():
            self.wait_until_ready(program)

    def wait_until_ready(self, program, within_s=120):
        def is_ready():
            self._still(program)
            return subprocess.run(["curl", "-sf", "-m", "2", "-o", "/dev/null", f"{program.metrics}/health/ready"]).returncode == 0
        wait_for(f"{program.name} to be ready", is_ready, within_s)

    def on_host(self, host):
        return [program for program in self.programs.values() if program.host is host]

    def stop(self):
        for program in self.programs.values():
            if program.is_running():
                program.process.terminate()
        return {program.name: program.stop() for program in self.programs.values()}
