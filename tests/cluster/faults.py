"""The faults, one after the other as the issue lists them. Each is a function of the run that does it, waits for as long as it lasts, and undoes it."""
import os
import signal
import subprocess
import time

from hosts import wait_for
from shop import FAKETIME

RESTART_S = 2  # What a supervisor waits.


def primary_killed(cluster):
    host = cluster.databases.primary()
    cluster.note(f"primary was {host.name}")
    cluster.databases.kill_server(host)
    wait_for("another primary", lambda: (now := cluster.databases.primary()) and now is not host and now, 90)
    cluster.note(f"now {cluster.databases.primary().name}")
    time.sleep(5)
    cluster.databases.patroni[host.name].start()


def _cut_off(cluster, host):
    host.cut()
    time.sleep(30)
    host.mend()


def host_of_primary_cut_off(cluster):
    _cut_off(cluster, cluster.databases.primary())


def host_of_standby_cut_off(cluster):
    synchronous = [name for name, (role, _) in cluster.databases.members().items() if role == "sync_standby"]
    _cut_off(cluster, next(host for host in cluster.hosts if host.name == synchronous[0]))


def each_process_killed(cluster):
    for program in cluster.shop.programs.values():
        program.kill()
        time.sleep(RESTART_S)
        program.start()
        cluster.shop.wait_until_ready(program)
        time.sleep(3)


def process_stopped(cluster):
    """Of each kind one; the one that was stopped finds the world changed when it goes on."""
    for name in ("sales-1", "goods-1", "front-2"):
        program = cluster.shop.programs[name]
        program.tell(signal.SIGSTOP)
        time.sleep(20)
        program.tell(signal.SIGCONT)
        time.sleep(5)


def primary_server_stopped(cluster):
    """All of PostgreSQL on the primary's host, and its Patroni: the machine stands still and comes back believing that it is the primary."""
    host = cluster.databases.primary()
    data = f"{host.folder}/disk/postgresql"
    stopped = [int(each) for each in os.listdir("/proc") if each.isdigit() and _works_in(each, data)] + [cluster.databases.patroni[host.name].process.pid]
    for process in stopped:
        _tell(process, signal.SIGSTOP)
    time.sleep(20)
    for process in stopped:
        _tell(process, signal.SIGCONT)


def _works_in(process, folder):
    try:
        return os.readlink(f"/proc/{process}/cwd") == folder
    except OSError:
        return False


def _tell(process, number):
    try:
        os.kill(process, number)
    except ProcessLookupError:
        pass


def one_way_cut(cluster):
    """A host that hears everybody and is heard by nobody."""
    host = cluster.databases.primary()
    host.silence()
    time.sleep(30)
    host.let_speak()


def bad_line(cluster):
    host = cluster.databases.primary()
    cluster.note(f"by {host.worsen(5, 100)}")
    time.sleep(40)
    host.improve()


def etcd_member_killed(cluster):
    """The leader of etcd, which costs it an election."""
    host = cluster.hosts[0]
    for each in cluster.hosts:
        status = subprocess.run(["etcdctl", "--endpoints", f"https://{each.address}:2379", "--cacert", f"{cluster.databases.certificates}/ca.pem", "--cert",
                                 f"{cluster.databases.certificates}/h1.pem", "--key", f"{cluster.databases.certificates}/h1.key", "endpoint", "status"],
                                env={**os.environ, "ETCDCTL_API": "3"}, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        if ", true, " in status.stdout:
            host = each
    cluster.note(f"the leader, at {host.name}")
    cluster.databases.etcd[host.name].kill()
    time.sleep(20)
    cluster.databases.etcd[host.name].start()


def disk_full(cluster):
    host = cluster.databases.primary()
    host.fill_disk()
    time.sleep(30)
    host.free_disk()


def _clock_off(cluster, offset):
    host = cluster.hosts[1]
    environment = {"LD_PRELOAD": FAKETIME, "FAKETIME": offset, "FAKETIME_DONT_FAKE_MONOTONIC": "1", "DONT_FAKE_MONOTONIC": "1"}
    for wrong in (environment, None):
        for program in cluster.shop.on_host(host):
            program.stop()
            program.start(wrong)
            cluster.shop.wait_until_ready(program)
        if wrong:
            time.sleep(30)


def clock_ahead(cluster):
    _clock_off(cluster, "+600s")


def clock_behind(cluster):
    _clock_off(cluster, "-600s")


def rolling_upgrade(cluster):
    """From the build before to this one as docs/operating.md has it: the databases first, then each process. In between the old build has to live with the new
    schema for good, start with it, and serve beside the new one; and whoever finds fault with the new one goes back."""
    shop = cluster.shop

    def sell(what):
        sold = cluster.crowd.count()
        wait_for(f"orders {what}", lambda: cluster.crowd.count() >= sold + 5, 60)

    def migrate(binary):
        return shop.emporion("migrate", "--placement", shop.placement, binary=binary).stdout.splitlines()[-1]
    cluster.note(migrate(cluster.binary))
    if cluster.notes[-1].startswith("0 "):
        cluster.fail("rolling_upgrade: this build has no migration that the build before has not: nothing is shown")
    sell("of the old build with the new schema")
    if (again := migrate(cluster.earlier)) != "0 migrations applied":
        cluster.fail(f"rolling_upgrade: migrating by the old build afterwards says {again}")
    for name in ("front-3", "sales-3", "goods-2"):
        program = shop.programs[name]
        program.kill()
        time.sleep(RESTART_S)
        program.start()
        shop.wait_until_ready(program)
    sell("of the old build after it was started with the new schema")
    for program in shop.programs.values():
        _replace(cluster, program, cluster.binary)
    for name in ("front-1", "sales-1", "goods-1"):
        _replace(cluster, shop.programs[name], cluster.earlier)
    sell("of both builds")
    for name in ("front-1", "sales-1", "goods-1"):
        _replace(cluster, shop.programs[name], cluster.binary)
    shop.binary = cluster.binary


def _replace(cluster, program, binary):
    code = program.stop()
    if code != 0:
        cluster.fail(f"{program.name} ended with {code} when told to end")
    program.words[0] = binary
    program.start()
    cluster.shop.wait_until_ready(program)
    time.sleep(2)


#: name → (what, what a reader of the table is told)
FAULTS = {
    "primary_killed": (primary_killed, "PostgreSQL primary killed"),
    "primary_cut_off": (host_of_primary_cut_off, "host of the primary cut off, 30 s"),
    "standby_cut_off": (host_of_standby_cut_off, "host of the synchronous standby cut off, 30 s"),
    "processes_killed": (each_process_killed, "kill -9 of each process in turn"),
    "processes_stopped": (process_stopped, "SIGSTOP of a process for 20 s, three kinds in turn"),
    "primary_stopped": (primary_server_stopped, "SIGSTOP of the primary for 20 s"),
    "one_way_cut": (one_way_cut, "host of the primary heard by nobody, 30 s"),
    "bad_line": (bad_line, "5 % loss and 100 ms on the primary's host, 40 s"),
    "etcd_killed": (etcd_member_killed, "leader of etcd killed, 20 s"),
    "disk_full": (disk_full, "disk of the primary full, 30 s"),
    "clock_ahead": (clock_ahead, "clock of one host 10 min ahead"),
    "clock_behind": (clock_behind, "clock of one host 10 min behind"),
    "rolling_upgrade": (rolling_upgrade, "rolling upgrade from the build before, a migration in between; one of each kind back and forth"),
}
