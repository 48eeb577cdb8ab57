# SPDX-License-Identifier: GPL-3.0-or-later
"""Another program that decides on packets: refused at the start with its name, survived while running."""
import os
import signal
import subprocess
import sys

import pytest

from harness.namespaces import TESTS, wait_until
from harness.suite import Suite

RULES = """
[[rule]]
name = "app may"
action = "allow"
process = { path = "$BIN/app" }
"""


class Rival:
    def __init__(self, net, queue, *name):
        self.process = net.start(net.machine, sys.executable, TESTS / "tools" / "take_queue.py", queue, *name,
                                 stdin=subprocess.PIPE)
        self.said = self.process.stdout.readline().strip()

    def __enter__(self):
        assert self.said == "ready", self.said
        return self

    def __exit__(self, *exception):
        self.process.stdin.close()
        self.process.wait(5)

    @property
    def pid(self):
        return self.process.pid  # ip-netns(8) becomes the program


def refusal(net):
    other = Suite(net, RULES)
    try:
        done = other.command("up", check=False, timeout=20)
        assert done.returncode == 1, (done.stdout, done.stderr)
        assert "NFQUEUE" not in net.inside("iptables-save").stdout, "nothing was loaded"
        return done.stderr
    finally:
        other.__exit__()


@pytest.mark.parametrize("queue", [17040, 17060, 17140, 17160])
def test_a_queue_that_another_program_holds_is_said_with_its_name_and_pid(net, queue):
    with Rival(net, queue) as rival:
        words = refusal(net)
        assert f"queue {queue} is bound by" in words and str(rival.pid) in words and "stop it first" in words, words


@pytest.mark.parametrize("name, product", [("opensnitchd", "OpenSnitch"), ("portmaster-core", "Portmaster"),
                                           ("portmaster-start", "Portmaster")])
def test_a_firewall_of_the_same_kind_is_refused_by_its_name(net, name, product):
    with Rival(net, 0, name) as rival:
        words = refusal(net)
        assert f"{product} runs here" in words and str(rival.pid) in words and "stop it first" in words, words


def test_a_program_with_a_queue_of_its_own_may_stay(net):
    with Rival(net, 0, "inspector"), Suite(net, RULES) as suite:
        assert suite.probe("app", "tcp", "10.9.0.13", 7000)["ok"]
        assert not suite.probe("intruder", "tcp", "10.9.0.13", 7000, "--timeout", 1)["ok"]


def test_a_queue_that_is_taken_while_the_interceptor_is_away_closes_says_so_and_is_got_back(net):
    with Suite(net, RULES) as suite:
        suite.wait_enforcing()
        held = suite.hold("app", "tcp", "10.9.0.13", 7000)
        os.kill(suite.process.pid, signal.SIGSTOP)  # so that it is not started again at once
        try:
            pid = suite.kill("interceptor")
            wait_until(lambda: "17040" not in net.inside("cat", "/proc/net/netfilter/nfnetlink_queue").stdout, 5, f"{pid} has ended")
            rival = Rival(net, 17040)
        finally:
            os.kill(suite.process.pid, signal.SIGCONT)
        with rival:
            def says_so():
                status = suite.status()
                return status["state"] != "enforcing" and "queue 17040" in status["reason"] and str(rival.pid) in status["reason"]
            wait_until(says_so, 15, lambda: (suite.status(), suite.output()[-2000:]))
            assert held.say()["ok"], "a decided connection goes on"
            assert not suite.probe("app", "tcp", "10.9.0.13", 443, "--timeout", 1)["ok"], "closed, not open"
        wait_until(lambda: suite.probe("app", "tcp", "10.9.0.13", 443, "--timeout", 1)["ok"], 20,
                   lambda: f"it is in force again\n{suite.output()[-2000:]}")
        suite.wait_enforcing()
        held.close()
