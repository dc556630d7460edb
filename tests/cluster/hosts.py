"""Hosts of a cluster on one machine: a network namespace each, with a cable to a bridge in the namespace of who tests.

Made inside namespaces of the run's own (tools/cluster.sh), so nothing of it is left however the run ends.
"""
import os
import signal
import subprocess
import sys
import time

SUBNET = "10.99.0"
BRIDGE = "br0"


def run(*words, check=True, **options):
    """A program to its end; what it wrote is part of the error if it fails."""
    done = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **options)
    if check and done.returncode != 0:
        raise RuntimeError(f"{' '.join(words)}: exit code {done.returncode}: {done.stdout.strip()}")
    return done


def _switch_off_offload(interface, inside=None):
    """Frames of their own size with whole checksums, so that a relay in between can pass them on."""
    prefix = ["nsenter", f"--net=/run/netns/{inside}"] if inside else []
    run(*prefix, "ethtool", "-K", interface, "tx", "off", "gso", "off", "tso", "off", "gro", "off", check=False)


class Program:
    """A process on a host. Its log is in the run's folder."""

    def __init__(self, host, name, words, environment=None, user=None):
        self.host, self.name, self.words, self.environment, self.user = host, name, words, environment or {}, user
        self.process = None

    def start(self, extra_environment=None):
        assert not self.is_running(), f"{self.name} runs already"
        environment = {**os.environ, **self.environment, **(extra_environment or {})}
        command = ["nsenter", f"--net=/run/netns/{self.host.name}"]
        if self.user:
            command += ["setpriv", f"--reuid={self.user}", f"--regid={self.user}", "--clear-groups"]
        log = open(self.log, "ab")
        self.process = subprocess.Popen(command + self.words, env=environment, stdout=log, stderr=log, stdin=subprocess.DEVNULL, start_new_session=True)
        log.close()

    @property
    def log(self):
        return f"{self.host.logs}/{self.name}.log"

    def is_running(self):
        return self.process is not None and self.process.poll() is None

    def tell(self, signal_number):
        """To the program and all that it started."""
        if self.is_running():
            os.killpg(self.process.pid, signal_number)

    def kill(self):
        self.tell(signal.SIGKILL)
        if self.process:
            self.process.wait()

    def stop(self, within_s=60):
        """SIGTERM to the program alone. Answers its exit code; None if it had to be killed."""
        if not self.is_running():
            return self.process.returncode if self.process else None
        self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(within_s)
        except subprocess.TimeoutExpired:
            self.kill()
            return None

    def last_lines(self, count=15):
        try:
            with open(self.log, errors="replace") as log:
                return "".join(log.readlines()[-count:])
        except OSError:
            return ""


class Host:
    """One namespace with one address, a disk of its own and a cable that can be pulled."""

    def __init__(self, network, number, folder):
        self.network, self.number = network, number
        self.name, self.address = f"h{number}", f"{SUBNET}.{number}"
        self.folder = f"{folder}/{self.name}"
        self.logs = f"{folder}/logs/{self.name}"
        self.cable = f"cable{number}"
        self.relay = None
        os.makedirs(self.folder)
        os.makedirs(self.logs)
        run("ip", "netns", "add", self.name)
        run("ip", "link", "add", self.cable, "type", "veth", "peer", "name", "eth0", "netns", self.name)
        run("ip", "link", "set", self.cable, "master", BRIDGE, "up")
        self.inside("ip", "link", "set", "lo", "up")
        self.inside("ip", "address", "add", f"{self.address}/24", "dev", "eth0")
        self.inside("ip", "link", "set", "eth0", "up")
        _switch_off_offload("eth0", self.name)
        _switch_off_offload(self.cable)

    def inside(self, *words, **options):
        return run("nsenter", f"--net=/run/netns/{self.name}", *words, **options)

    def mount_disk(self, size_mib=3072):
        """A file system of its own, which can be filled without harm to anybody else. Answers its folder."""
        image, place = f"{self.folder}/disk.img", f"{self.folder}/disk"
        os.makedirs(place)
        run("truncate", "-s", f"{size_mib}M", image)
        run("mkfs.ext4", "-q", "-F", "-m", "0", image)
        run("mount", "-o", "loop", image, place)
        return place

    def fill_disk(self):
        place = f"{self.folder}/disk"
        free = os.statvfs(place)
        run("fallocate", "-l", str(max(1, free.f_bavail * free.f_frsize - 64 * 1024)), f"{place}/ballast", check=False)
        # What fallocate left: byte by byte until nothing more fits.
        run("dd", "if=/dev/zero", f"of={place}/ballast2", "bs=4k", check=False)

    def free_disk(self):
        for name in ("ballast", "ballast2"):
            if os.path.exists(f"{self.folder}/disk/{name}"):
                os.remove(f"{self.folder}/disk/{name}")

    # Faults of the network. Each has its end.

    def cut(self):
        run("ip", "link", "set", self.cable, "down")

    def mend(self):
        run("ip", "link", "set", self.cable, "up")

    def silence(self):
        """It hears everybody, and nobody hears it."""
        self.inside("iptables", "-A", "OUTPUT", "-o", "eth0", "-j", "DROP")

    def let_speak(self):
        self.inside("iptables", "-D", "OUTPUT", "-o", "eth0", "-j", "DROP")

    def worsen(self, loss_percent, delay_ms):
        """On the cable, in both directions together: netem where the kernel has it, else a relay of our own between cable and bridge."""
        netem = run("tc", "qdisc", "add", "dev", self.cable, "root", "netem", "loss", f"{loss_percent}%", "delay", f"{delay_ms}ms", check=False)
        if netem.returncode == 0:
            self.relay = "netem"
            return "netem"
        inner, outer = f"in{self.number}", f"out{self.number}"
        run("ip", "link", "add", inner, "type", "veth", "peer", "name", outer)
        for each in (inner, outer):
            _switch_off_offload(each)
            run("ip", "link", "set", each, "up")
        run("ip", "link", "set", self.cable, "nomaster")
        run("ip", "link", "set", outer, "master", BRIDGE)
        log = open(f"{self.logs}/relay.log", "ab")
        self.relay = subprocess.Popen([sys.executable, os.path.join(os.path.dirname(__file__), "relay.py"), self.cable, inner, str(loss_percent), str(delay_ms / 2)],
                                      stdout=log, stderr=log)
        return "relay"

    def improve(self):
        if self.relay == "netem":
            run("tc", "qdisc", "del", "dev", self.cable, "root")
        elif self.relay:
            self.relay.kill()
            self.relay.wait()
            run("ip", "link", "del", f"in{self.number}")
            run("ip", "link", "set", self.cable, "master", BRIDGE)
        self.relay = None


class Network:
    """The bridge, and the hosts at it. Who tests is outside, at .254."""

    def __init__(self, folder, count=3):
        os.makedirs("/run/netns", exist_ok=True)
        run("mount", "-t", "tmpfs", "tmpfs", "/run/netns")
        run("ip", "link", "set", "lo", "up")
        run("ip", "link", "add", BRIDGE, "type", "bridge")
        run("ip", "address", "add", f"{SUBNET}.254/24", "dev", BRIDGE)
        run("ip", "link", "set", BRIDGE, "up")
        self.hosts = [Host(self, number, folder) for number in range(1, count + 1)]
        _switch_off_offload(BRIDGE)


def wait_for(what, condition, within_s, every_s=0.5):
    """Answers what `condition` did, once it is true. Fails with what was seen last."""
    end = time.monotonic() + within_s
    seen = None
    while time.monotonic() < end:
        try:
            seen = condition()
            if seen:
                return seen
        except Exception as error:  # Asked again: a server that is not there yet is what is waited for.
            seen = error
        time.sleep(every_s)
    raise RuntimeError(f"{what}: not within {within_s} s; last seen: {seen}")
