# SPDX-License-Identifier: GPL-3.0-or-later
"""Failing closed: whatever dies or hangs, nothing undecided passes, decided connections live, and it comes back."""
import os
import signal
import threading

import pytest

from harness.namespaces import wait_until
from harness.suite import DAEMONS as ALL

RULES = """
[[rule]]
name = "app may"
action = "allow"
process = { path = "$BIN/app" }
"""
ON_THE_RING = ["interceptor", "attributor", "policy"]


class Traffic:
    """Two programs that go on connecting: one allowed, one forbidden; a forbidden success is a leak."""

    def __init__(self, suite):
        self.suite = suite
        self.leaks = []
        self.stopping = threading.Event()
        self.thread = threading.Thread(target=self._run)

    def _run(self):
        while not self.stopping.is_set():
            seen = self.suite.probe("intruder", "tcp", "10.9.0.12", 7000, "--timeout", 0.3)
            if seen["ok"]:
                self.leaks.append(seen)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *exception):
        self.stopping.set()
        self.thread.join()


def connects(suite):
    return suite.probe("app", "tcp", "10.9.0.13", 7000, "--timeout", 1)["ok"]


def comes_back(suite, seconds=15):
    wait_until(lambda: connects(suite), seconds, lambda: f"new connections work\n{suite.output()[-3000:]}")
    suite.wait_enforcing()


@pytest.mark.parametrize("name", ALL)
def test_a_killed_process_leaks_nothing_costs_no_decided_connection_and_comes_back(suite, name):
    suite.wait_enforcing()
    held = suite.hold("app", "tcp", "10.9.0.13", 7000)
    others = {n: suite.pid(n) for n in ALL if n != name}
    with Traffic(suite) as traffic:
        dead = suite.kill(name)
        assert held.say()["ok"], "a decided connection must go on in the kernel"
        comes_back(suite)
        assert held.say()["ok"]
    held.close()
    assert traffic.leaks == []
    assert suite.pid(name) != dead
    assert {n: suite.pid(n) for n in others} == others, "the others were not restarted"


@pytest.mark.parametrize("name", ON_THE_RING)
def test_a_stopped_process_lets_nothing_undecided_through_and_goes_on_when_it_wakes(suite, name):
    suite.wait_enforcing()
    held = suite.hold("app", "tcp", "10.9.0.13", 7000)
    pid = suite.kill(name, signal.SIGSTOP)
    try:
        assert held.say()["ok"], "a decided connection must go on in the kernel"
        assert not suite.probe("app", "tcp", "10.9.0.13", 443, "--timeout", 2)["ok"]
        assert not suite.probe("intruder", "tcp", "10.9.0.12", 7000, "--timeout", 1)["ok"]
    finally:
        os.kill(pid, signal.SIGCONT)
    comes_back(suite)
    held.close()


@pytest.mark.parametrize("name", ON_THE_RING)
def test_decided_ipv6_connections_find_their_neighbours_anew_while_a_process_is_stopped(suite, name):
    suite.wait_enforcing()
    held = suite.hold("app", "tcp", "fd09::13", 7000)
    pid = suite.kill(name, signal.SIGSTOP)
    try:
        suite.net.inside("ip", "-6", "neigh", "flush", "all")
        suite.net.outside("ip", "-6", "neigh", "flush", "all")
        assert held.say()["ok"], "neither end may ask for the other's link-layer address"
    finally:
        os.kill(pid, signal.SIGCONT)
    comes_back(suite)
    held.close()


def test_a_stopped_reader_costs_a_name_but_never_wedges_the_ring(suite):
    suite.wait_enforcing()
    pid = suite.kill("reader", signal.SIGSTOP)
    try:
        assert not suite.probe("intruder", "tcp", "10.9.0.12", 7000, "--timeout", 2)["ok"]
        row = suite.connections()[-1]
        assert row["process"]["kind"] == "unknown" and row["process"]["reason"], row
    finally:
        os.kill(pid, signal.SIGCONT)
    comes_back(suite)


def test_packets_that_wait_for_a_stopped_policy_are_answered_with_a_temporary_drop(suite):
    suite.wait_enforcing()
    pid = suite.kill("policy", signal.SIGSTOP)
    try:
        suite.probe("app", "tcp", "10.9.0.13", 443, "--timeout", 4)
    finally:
        os.kill(pid, signal.SIGCONT)
    comes_back(suite)
    assert sum(q["timed_out"] for q in suite.status()["queues"]) >= 1


def test_a_query_that_meets_a_dead_resolver_is_answered_after_its_restart(suite):
    suite.wait_enforcing()
    suite.rules(RULES + '[[rule]]\nname = "dig may"\naction = "allow"\nprocess = { name = "dig" }\n')
    suite.kill("resolver")
    answer = suite.net.inside("dig", "+time=5", "+tries=1", "+short", "@127.0.0.1", "www.allowed.test", check=False).stdout
    suite.rules(RULES)
    assert answer.strip() == "10.9.0.10", answer


def test_rules_that_another_program_flushes_are_back_and_nothing_undecided_passes_meanwhile(suite):
    suite.wait_enforcing()
    held = suite.hold("app", "tcp", "10.9.0.13", 7000)
    for flush in (["iptables", "-t", "filter", "-F"], ["ip6tables", "-t", "mangle", "-F"], ["nft", "flush", "ruleset"]):
        with Traffic(suite) as traffic:
            suite.net.inside(*flush)
            wait_until(lambda: "C17" in suite.net.inside("iptables-save").stdout
                       and "C170" in suite.net.inside("ip6tables-save", "-t", "mangle").stdout, 3, f"rules are back after {flush}")
        assert traffic.leaks == [], flush
        comes_back(suite)
    assert held.say()["ok"]
    held.close()


def test_a_flood_of_new_connections_is_bounded_and_the_suite_answers_afterwards(suite):
    suite.wait_enforcing()
    code = ("import socket\n"
            "for i in range(3000):\n"
            "    s=socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.setblocking(False)\n"
            "    try: s.sendto(b'x',('10.9.0.12', 1024+i))\n"
            "    except OSError: pass\n")
    suite.net.inside("/usr/bin/python3", "-c", code, timeout=60)
    comes_back(suite)
