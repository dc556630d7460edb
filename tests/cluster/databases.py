"""PostgreSQL on three hosts as deploy/ha has it: etcd, Patroni and HAProxy with the very files that its scripts write."""
import json
import os
import signal
import subprocess
import urllib.request

from hosts import Program, run, wait_for

HA = os.path.join(os.path.dirname(__file__), "../../deploy/ha")
HTTP_PORT = 8080


class Databases:
    def __init__(self, network, folder, gateways):
        self.hosts, self.folder = network.hosts, folder
        self.certificates = f"{folder}/certificates"
        nodes = [f"{host.name}={host.address}" for host in self.hosts]
        run(f"{HA}/certificates.sh", self.certificates, *nodes)
        os.chmod(self.certificates, 0o755)
        self.etcd, self.patroni, self.haproxy = {}, {}, {}
        for host in self.hosts:
            data, place = host.mount_disk(), f"{host.folder}/ha"
            os.makedirs(f"{data}/etcd")
            run(f"{HA}/configure.sh", host.name, place, *nodes,
                env={**os.environ, "CERTIFICATES": self.certificates, "DATA": data, "GATEWAYS": " ".join(gateways), "ENTRANCE": f"{host.address}:80"})
            run("chown", "etcd:etcd", f"{data}/etcd")
            run("chown", "postgres:postgres", data)
            settings = dict(line.rstrip("\n").split("=", 1) for line in open(f"{place}/etcd.env") if line[0] != "#")
            self.etcd[host.name] = Program(host, "etcd", ["etcd"], settings, "etcd")
            self.patroni[host.name] = Program(host, "patroni", ["patroni", f"{place}/patroni.yml"], {"HOME": data}, "postgres")
            self.haproxy[host.name] = Program(host, "haproxy", ["haproxy", "-f", f"{place}/haproxy.cfg"])
        passwords = dict(line.strip().split("=", 1) for line in open(f"{self.certificates}/passwords"))
        addresses = ",".join(host.address for host in self.hosts)
        #: What Emporion's placement says of the servers, but for the passwords.
        self.server = f"host={addresses} port=5432 sslmode=verify-full sslrootcert={self.certificates}/ca.pem"
        self.administrator = f"{self.server} user=postgres password={passwords['postgres']}"

    def start(self):
        for programs in (self.etcd, self.patroni, self.haproxy):
            for program in programs.values():
                program.start()
        self.wait_until_whole(180)

    def members(self):
        """name → (role, state, timeline), as any Patroni that answers tells."""
        for host in self.hosts:
            try:
                with urllib.request.urlopen(f"http://{host.address}:8008/cluster", timeout=2) as answer:
                    return {each["name"]: (each["role"], each["state"]) for each in json.load(answer)["members"]}
            except OSError:
                continue
        return {}

    def primary(self):
        """The host whose Patroni says of itself that it is the primary and holds the lock."""
        for host in self.hosts:
            try:
                with urllib.request.urlopen(f"http://{host.address}:8008/primary", timeout=2) as answer:
                    if answer.status == 200:
                        return host
            except OSError:
                continue
        return None

    def wait_until_whole(self, within_s):
        """A primary, a synchronous standby, and the third one streaming."""
        def is_whole():
            members = self.members()
            roles = sorted(role for role, state in members.values() if state in ("running", "streaming"))
            return members if roles == ["leader", "replica", "sync_standby"] else None if not members else (_ for _ in ()).throw(RuntimeError(str(members)))
        wait_for("PostgreSQL with both standbys", is_whole, within_s)

    def ask(self, module, sql, within_s=30):
        """Rows of the module's database as the primary has them, as lists of text."""
        def answer():
            done = subprocess.run(["psql", f"{self.administrator} dbname=emporion_{module} target_session_attrs=read-write connect_timeout=2", "-qAtX", "-F", "\t", "-c", sql],
                                  stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=20)
            if done.returncode != 0:
                raise RuntimeError(done.stderr.strip())
            return [line.split("\t") for line in done.stdout.splitlines()] or [[]]
        rows = wait_for(f"an answer of {module}'s database", answer, within_s)
        return [] if rows == [[]] else rows

    def kill_server(self, host):
        """PostgreSQL and its Patroni, as a host that loses its power: what Patroni would do about a dead server is not waited for."""
        self.patroni[host.name].kill()
        data = f"{host.folder}/disk/postgresql"
        for process in filter(str.isdigit, os.listdir("/proc")):
            try:
                if os.readlink(f"/proc/{process}/cwd") == data:
                    os.kill(int(process), signal.SIGKILL)
            except OSError:
                continue
