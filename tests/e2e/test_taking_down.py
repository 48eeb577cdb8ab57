# SPDX-License-Identifier: GPL-3.0-or-later
"""However it ends, nothing of it is left: rules, chains, tables and marks are as before."""
import os
import re
import signal
import time

import pytest

from harness.namespaces import wait_until
from harness.suite import DAEMONS as ALL
from harness.suite import Suite

RULES = """
[[rule]]
name = "app may"
action = "allow"
process = { path = "$BIN/app" }
"""


def ruleset(net):
    """Everything netfilter has in the machine, counters apart."""
    text = net.inside("iptables-save").stdout + net.inside("ip6tables-save").stdout
    text = re.sub(r"\[\d+:\d+\]", "", re.sub(r"^#.*\n", "", text, flags=re.M))
    return text, re.sub(r'"(packets|bytes|handle)": \d+', "", net.inside("nft", "-j", "list", "ruleset").stdout)


def prepare_foreign_rules(net):
    net.inside("iptables", "-A", "INPUT", "-p", "tcp", "--dport", "9", "-j", "DROP")
    net.inside("nft", "add table inet other; add chain inet other c { type filter hook output priority 5; }; "
                      "add rule inet other c tcp dport 9 counter drop")


def remove_foreign_rules(net):
    net.inside("iptables", "-D", "INPUT", "-p", "tcp", "--dport", "9", "-j", "DROP")
    net.inside("nft", "delete table inet other")


@pytest.mark.parametrize("way", ["SIGTERM", "down", "down after every daemon died"])
@pytest.mark.parametrize("foreign", [False, True])
def test_down_leaves_the_machine_as_it_was(net, way, foreign):
    net.inside("nft", "flush", "ruleset")
    if foreign:
        prepare_foreign_rules(net)
    before = ruleset(net)
    with Suite(net, RULES) as suite:
        held = suite.hold("app", "tcp", "10.9.0.13", 7000)
        assert suite.mark_of("10.9.0.13", 7000) == 1710
        assert ruleset(net) != before
        if way == "SIGTERM":
            suite.stop()
        else:
            if way != "down":
                pids = [suite.pid(n) for n in ALL]
                supervisor = int(net.inside("cat", suite.runtime / "up.lock").stdout.split()[0])
                for pid in [supervisor, *pids]:
                    os.kill(pid, signal.SIGKILL)
                time.sleep(0.3)
                assert not suite.probe("app", "tcp", "10.9.0.13", 443, "--timeout", 0.5)["ok"], "closed while dead"
                assert held.say()["ok"]
            suite.command("down")
        assert ruleset(net) == before
        marks = set(re.findall(r"mark=(\d+)", "\n".join(suite.conntrack() + suite.conntrack("-f", "ipv6"))))
        assert marks <= {"0"}, marks
        assert suite.command("status", check=False).returncode == 3
        held.process.kill()
    if foreign:
        remove_foreign_rules(net)


def test_up_with_confirm_takes_everything_down_unless_confirmed(net):
    net.inside("nft", "flush", "ruleset")
    before = ruleset(net)
    unconfirmed = Suite(net, RULES)
    unconfirmed.start("--confirm", "3")
    wait_until(lambda: unconfirmed.process.poll() is not None, 15, unconfirmed.output)
    assert unconfirmed.process.returncode == 1
    assert ruleset(net) == before
    confirmed = Suite(net, RULES)
    confirmed.start("--confirm", "3")
    confirmed.command("confirm")
    time.sleep(4)
    assert confirmed.process.poll() is None
    confirmed.__exit__()
    assert ruleset(net) == before


def test_a_suite_that_is_ended_has_no_errors_to_report(net):
    with Suite(net, RULES, default="block") as running:
        running.stop()
        assert "error:" not in running.output(), running.output()
