# SPDX-License-Identifier: GPL-3.0-or-later
"""Under a flood: memory stays under its bound (docs/failing.md), no verdict is wrong, what is refused for overload is
counted and shown, connections that are allowed still come about, and afterwards all is as before.

What was reached is printed (pytest -s) and recorded in bench/results; no time decides whether a test passes."""
import statistics
import subprocess
import sys
import time

import pytest

from harness.namespaces import TESTS, wait_until
from harness.suite import DAEMONS
from harness.traffic import VICTIMS, Asked

RULES = """
[[rule]]
name = "app may"
action = "allow"
process = { path = "$BIN/app" }
"""
SECONDS = 4
# docs/failing.md, "Memory": resident, MiB.
BOUNDS = {"interceptor": 32, "keeper": 24, "attributor": 64, "reader": 32, "policy": 192, "resolver": 64, "historian": 64, "gate": 32,
          "gateway": 48}

FLOODS = {
    "SYN flood from outside": ("world", "flood.py", "syn", "10.9.0.1", 22),
    "port scan from outside": ("world", "flood.py", "scan", "10.9.0.1"),
    # Port 5353 is one that a built-in rule allows: each datagram becomes a flow that is kept.
    "UDP source port spray from outside": ("world", "flood.py", "udp", "10.9.0.1", 5353),
    "connections without end from a program": ("machine", "spray.py", *VICTIMS),
    "processes without end": ("machine", "fork_bomb.py", VICTIMS[0], 7000, 32),
}


def pids(suite):
    return {name: suite.pid(name) for name in DAEMONS}


def resident(processes):
    """MiB, by process: of those that there were before, since under a flood a status may be late."""
    sizes = {}
    for name, pid in processes.items():
        with open(f"/proc/{pid}/status") as status:
            line = next(line for line in status if line.startswith("VmRSS:"))
        sizes[name] = int(line.split()[1]) / 1024
    return sizes


def counters(suite, process):
    status = next(p for p in suite.status()["processes"] if p["name"] == process)
    return {c["name"]: c["value"] for c in status.get("counters", [])}


class Flood:
    def __init__(self, net, where, tool, *words):
        self.process = net.start(net.world if where == "world" else net.machine, sys.executable,
                                 TESTS / "tools" / tool, *words, stdin=subprocess.PIPE)
        assert self.process.stdout.readline().strip() == "ready"

    def end(self):
        self.process.stdin.write("\n")
        self.process.stdin.close()
        said = self.process.stdout.readline()
        self.process.wait(30)
        return said.strip()


# Programs of one machine share its queues: one that connects without end can make another's SYN wait and be dropped.
SHARES_THE_QUEUE = "connections without end from a program"


def connect_times(suite, seconds, may_be_late=False):
    """Milliseconds of connections of the program that may, one after another; each has to come about, unless it may be late."""
    times, end = [], time.monotonic() + seconds
    while time.monotonic() < end:
        for address in ("10.9.0.13", "fd09::13"):
            seen = suite.probe("app", "tcp", address, 7000, "--timeout", 5)
            if may_be_late and seen["error"] == "ETIMEDOUT":
                continue
            assert seen["ok"], seen
            times.append(seen["us"] / 1000)
    return times


def words(times):
    ordered = sorted(times)
    return f"p50 {statistics.median(ordered):.2f} ms, p99 {ordered[int(len(ordered) * 0.99)]:.2f} ms of {len(ordered)}"


@pytest.fixture(scope="module")
def world_answers_nobody(net):
    """The floods' sources are routed back into the world, where they end."""
    net.outside("ip", "route", "add", "blackhole", "10.64.0.0/10")


@pytest.mark.parametrize("name", FLOODS)
def test_a_flood_is_borne(net, suite, world_answers_nobody, name):
    suite.wait_enforcing()
    quiet = connect_times(suite, 1)
    processes = pids(suite)
    before = resident(processes)
    held = suite.hold("app", "tcp", "10.9.0.13", 7000)
    capture = Asked(net, net.world, "capture.py", *VICTIMS)
    seen_before = counters(suite, "interceptor")["packets"]
    flood = Flood(net, *FLOODS[name])
    try:
        during = connect_times(suite, SECONDS, may_be_late=name == SHARES_THE_QUEUE)
        assert during, "not one connection came about"
        assert held.say()["ok"], "a decided connection goes on"
        refused = suite.probe("intruder", "tcp", VICTIMS[0], 7000, "--timeout", 5)
        assert not refused["ok"], refused
        under = resident(processes)
    finally:
        said = flood.end()
    wait_until(lambda: counters(suite, "interceptor").get("waiting") == 0, 20, lambda: counters(suite, "interceptor"))
    taken = counters(suite, "interceptor")["packets"] - seen_before
    leaked = capture.ask()
    capture.end()
    assert leaked["dropped"] == 0 and sum(leaked[v] for v in VICTIMS) == 0, leaked
    after = resident(processes)
    queues = {q["queue"]: q for q in suite.status()["queues"]}
    print(f"\n{name}: offered {said}; {taken:.0f} packets came up; connect quiet {words(quiet)}; during {words(during)}; "
          f"overflowed {sum(q['overflowed'] for q in queues.values()):.0f}; lost {sum(q['lost'] for q in queues.values()):.0f}; "
          f"timed out {sum(q['timed_out'] for q in queues.values()):.0f}; MiB "
          + ", ".join(f"{n} {before[n]:.0f}/{under[n]:.0f}/{after[n]:.0f}" for n in DAEMONS))
    assert taken > 100
    for size in (under, after):
        assert all(size[n] <= BOUNDS[n] for n in DAEMONS), size
    assert held.say()["ok"]
    held.close()
    suite.wait_enforcing()
    assert connect_times(suite, 0.5)


def test_what_a_full_queue_refuses_is_counted_and_shown(net, suite, world_answers_nobody):
    """With nobody to answer, the kernel's queue and ours fill up; each refusal is in `status`."""
    import os
    import signal
    suite.wait_enforcing()
    before = {q["queue"]: q for q in suite.status()["queues"]}[17140]
    pid = suite.pid("attributor")
    os.kill(pid, signal.SIGSTOP)
    try:
        flood = Flood(net, "world", "flood.py", "syn", "10.9.0.1", 22)
        time.sleep(6)
        flood.end()
    finally:
        os.kill(pid, signal.SIGCONT)
    suite.wait_enforcing(30)
    wait_until(lambda: counters(suite, "interceptor").get("waiting") == 0, 30, lambda: counters(suite, "interceptor"))
    now = {q["queue"]: q for q in suite.status()["queues"]}[17140]
    seen = counters(suite, "interceptor")
    refused = now["overflowed"] - before["overflowed"] + now["timed_out"] - before["timed_out"] + seen["pool_full"]
    assert refused > 1000, (before, now, seen)
    assert now["timed_out"] > before["timed_out"]
    shown = next(line for line in suite.command("status").stdout.splitlines() if line.split()[:1] == ["17140"])
    assert str(int(now["timed_out"])) in shown.split(), shown
    assert resident(pids(suite))["interceptor"] <= BOUNDS["interceptor"]
