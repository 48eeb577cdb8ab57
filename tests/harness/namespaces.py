# SPDX-License-Identifier: GPL-3.0-or-later
"""Two machines of one's own: network namespaces joined by a veth pair, with servers in the second.

    machine  10.9.0.1, fd09::1    the suite runs here; its resolv.conf names the stray server
    world    10.9.0.2, fd09::2    and the addresses below
"""
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

TESTS = Path(__file__).resolve().parent.parent

MACHINE = ("10.9.0.1", "fd09::1")
WORLD = ("10.9.0.2", "fd09::2")
UPSTREAM = ("10.9.0.53", "fd09::53")   # knows the names below
STRAY = ("10.9.0.54", "fd09::54")      # answers every name with an address where nobody listens
NOWHERE = ("10.9.0.99", "fd09::99")
HOSTS = {  # name: (IPv4, IPv6)
    "www.allowed.test": ("10.9.0.10", "fd09::10"),
    "www.blocked.test": ("10.9.0.11", "fd09::11"),
    "www.dropped.test": ("10.9.0.12", "fd09::12"),
    "www.other.test": ("10.9.0.13", "fd09::13"),
}
PORTS = (80, 443, 7000)


def run(*words, check=True, timeout=30, **more):
    """Run a program, give back the finished process; what it printed is in the error when it fails."""
    done = subprocess.run([str(w) for w in words], capture_output=True, text=True, timeout=timeout, **more)
    if check and done.returncode != 0:
        raise RuntimeError(f"{' '.join(map(str, words))}: exit {done.returncode}\n{done.stdout}{done.stderr}")
    return done


def wait_until(condition, seconds, what):
    """Poll `condition` until it is true; its value is given back."""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"not within {seconds} s: {what() if callable(what) else what}")
        time.sleep(0.02)


def run_tag():
    """A tag of this run's own, so that two can go on side by side; what runs that have ended left is removed."""
    names = [line.split()[0] for line in run("ip", "netns", "list").stdout.splitlines() if line.strip()]
    for left in {match[1] for match in (re.match(r"pr-test(\d+)-", name) for name in names) if match}:
        if not os.path.exists(f"/proc/{left}"):
            Namespaces(f"test{left}").remove()
    return f"test{os.getpid()}"


class Namespaces:
    """Makes both namespaces on entering, removes them and ends every process started here on leaving."""

    def __init__(self, tag):
        self.machine = f"pr-{tag}-machine"
        self.world = f"pr-{tag}-world"
        self.processes = []

    def __enter__(self):
        self.remove()
        for name in (self.machine, self.world):
            run("ip", "netns", "add", name)
            run("ip", "-n", name, "link", "set", "lo", "up")
        run("ip", "-n", self.machine, "link", "add", "eth0", "type", "veth",
            "peer", "name", "eth0", "netns", self.world)
        self._addresses(self.machine, [MACHINE])
        self._addresses(self.world, [WORLD, UPSTREAM, STRAY, *HOSTS.values()])
        for name in (self.machine, self.world):
            run("ip", "-n", name, "link", "set", "eth0", "up")
        run("ip", "-n", self.machine, "route", "add", "default", "via", WORLD[0])
        run("ip", "-n", self.machine, "-6", "route", "add", "default", "via", WORLD[1])
        self.resolv_conf(STRAY[0])
        wait_until(lambda: "tentative" not in run("ip", "-n", self.machine, "addr").stdout, 10, "IPv6 is up")
        self._serve()
        return self

    def __exit__(self, *exception):
        for process in reversed(self.processes):
            end(process)
        self.remove()

    def remove(self):
        """Also what an earlier run left: processes in our namespaces are ours."""
        for name in (self.machine, self.world):
            pids = run("ip", "netns", "pids", name, check=False).stdout.split()
            for signal in ("-TERM", "-KILL"):
                alive = [p for p in pids if os.path.exists(f"/proc/{p}")]
                if not alive:
                    break
                run("kill", signal, *alive, check=False)
                for _ in range(60):
                    if not any(os.path.exists(f"/proc/{p}") for p in alive):
                        break
                    time.sleep(0.05)
            run("ip", "netns", "del", name, check=False)
            shutil.rmtree(f"/etc/netns/{name}", ignore_errors=True)

    def resolv_conf(self, *servers):
        """What programs in the machine find in /etc/resolv.conf (ip-netns(8) mounts it)."""
        folder = Path(f"/etc/netns/{self.machine}")
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "resolv.conf").write_text(
            "".join(f"nameserver {s}\n" for s in servers) + "options timeout:2 attempts:2\n")
        (folder / "nsswitch.conf").write_text("hosts: files dns\npasswd: files\ngroup: files\n")

    def _addresses(self, name, pairs):
        for v4, v6 in pairs:
            run("ip", "-n", name, "addr", "add", f"{v4}/24", "dev", "eth0")
            run("ip", "-n", name, "addr", "add", f"{v6}/64", "dev", "eth0", "nodad")

    def _serve(self):
        addresses = [a for pair in [WORLD, *HOSTS.values()] for a in pair]
        servers = self.start(self.world, sys.executable, TESTS / "tools" / "world.py", *addresses, "--", *PORTS)
        assert servers.stdout.readline().strip() == "ready", "the world's servers did not come up"
        names = [f"--host-record={name},{v4},{v6}" for name, (v4, v6) in HOSTS.items()]
        self.upstream = self._dnsmasq(UPSTREAM, *names, "--cname=alias.test,www.allowed.test",
                                      "--txt-record=long.test," + "x" * 200)
        self.stray = self._dnsmasq(STRAY, *[f"--address=/#/{a}" for a in NOWHERE])

    def _dnsmasq(self, pair, *options):
        process = self.start(
            self.world, "dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null", "--no-resolv", "--no-hosts",
            "--bind-interfaces", "--except-interface=lo", "--pid-file=", "--user=root", "--local-ttl=60", "--log-facility=/dev/null",
            *[f"--listen-address={a}" for a in pair], *options)
        wait_until(lambda: all(f"{a}:53" in run("ip", "netns", "exec", self.world, "ss", "-Hlun").stdout.replace("[", "").replace("]", "")
                               for a in pair), 10, f"dnsmasq listens on {pair}")
        return process

    def start(self, namespace, *words, **more):
        """Start a program in a namespace; it is ended on leaving."""
        process = subprocess.Popen(["ip", "netns", "exec", namespace, *map(str, words)],
                                   stdin=more.pop("stdin", subprocess.DEVNULL), stdout=subprocess.PIPE,
                                   stderr=more.pop("stderr", subprocess.DEVNULL), text=True, **more)
        self.processes.append(process)
        return process

    def inside(self, *words, **more):
        """Run a program on the machine and wait for it."""
        return run("ip", "netns", "exec", self.machine, *words, **more)

    def outside(self, *words, **more):
        """Run a program in the world and wait for it."""
        return run("ip", "netns", "exec", self.world, *words, **more)


def end(process, patience=5):
    """End a process that we started: ask, then insist."""
    if process.poll() is not None:
        return
    process.terminate()
    try:
        process.wait(patience)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
