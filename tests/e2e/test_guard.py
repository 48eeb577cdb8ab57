# SPDX-License-Identifier: GPL-3.0-or-later
"""Another program changes our rules: nothing undecided passes meanwhile (a capture says so), they are back within a
second, it is said what was changed and by whom, and the other program's own rules stay."""
import os
import re
import signal

import pytest

from harness.namespaces import wait_until
from harness.suite import Suite
from harness.traffic import Leaks

RULES = """
[[rule]]
name = "app may"
action = "allow"
process = { path = "$BIN/app" }
"""

# What is done, the words that must be in what the keeper says of it, and the program that it names.
CHANGES = {
    "nft flush ruleset": ("IPv4 mangle: all .* lines are gone.*filter: all .* lines are gone.*IPv6 mangle: all", "nft"),
    "iptables -F": ("IPv4 filter: all .* lines are gone", "iptables"),
    "ip6tables -F": ("IPv6 filter: all .* lines are gone", "ip6tables"),
    "iptables -t mangle -F": ("IPv4 mangle: all .* lines are gone", "iptables"),
    "ip6tables -t mangle -F": ("IPv6 mangle: all .* lines are gone", "ip6tables"),
    "iptables -t nat -F": ("IPv4 nat: all .* lines are gone", "iptables"),
    "iptables -I OUTPUT 1 -j ACCEPT": (r"IPv4 filter: another rule stands before ours \(-A OUTPUT -j ACCEPT\)", "iptables"),
    "ip6tables -I OUTPUT 1 -p udp -j ACCEPT": ("IPv6 filter: another rule stands before ours", "ip6tables"),
    "iptables -D OUTPUT -j C17": (r"IPv4 filter: 1 of .* lines is gone \(-A OUTPUT -j C17\)", "iptables"),
    "ip6tables -t mangle -D OUTPUT -j C170": (r"IPv6 mangle: 1 of .* lines is gone \(-A OUTPUT -j C170\)", "ip6tables"),
    "iptables -I C17 1 -j ACCEPT": (r"IPv4 filter: 1 line was added \(-A C17 -j ACCEPT\)", "iptables"),
    "iptables -F C17": ("IPv4 filter: .* of .* lines are gone", "iptables"),
    "nft delete table ip filter": ("IPv4 filter: all .* lines are gone", "nft"),
}


def keeper(suite):
    return next(p for p in suite.status()["processes"] if p["name"] == "keeper")


def restored(suite):
    """How often so far; -1 while the keeper is too busy to say."""
    return next((c["value"] for c in keeper(suite).get("counters", []) if c["name"] == "restored"), -1)


def ours(net):
    text = net.inside("iptables-save").stdout + net.inside("ip6tables-save").stdout
    return [line for line in text.splitlines() if re.search(r"C17|portreeve|0x707|0x6b5", line) and line.startswith("-A")]


@pytest.mark.parametrize("judged, change", [("undecided", change) for change in CHANGES] + [
    # What policy has forbidden bears a mark on which nobody acts without C17.
    ("forbidden", change) for change in CHANGES if "filter" in change or change.endswith(("ruleset", "-F", "ACCEPT", "-j C17"))])
def test_nothing_passes_while_the_rules_are_put_back_and_it_is_said_who_did_what(net, suite, judged, change):
    words, program = CHANGES[change]
    suite.wait_enforcing()
    before, count = ours(net), restored(suite)
    held = suite.hold("app", "tcp", "10.9.0.13", 7000)
    policy = suite.pid("policy")
    if judged == "undecided":
        os.kill(policy, signal.SIGSTOP)
    try:
        with Leaks(net) as leaks:
            net.inside(*change.split())
            wait_until(lambda: restored(suite) > count, 3, "the keeper has put the rules back")
            wait_until(lambda: ours(net) == before, 3, lambda: "\n".join(set(before) ^ set(ours(net))))
    finally:
        os.kill(policy, signal.SIGCONT)
    assert leaks.sent > 100 and leaks.count == 0, (leaks.sent, leaks.seen)
    assert held.say()["ok"], "a decided connection goes on"
    held.close()
    said = keeper(suite)["reason"]
    assert re.search(words, said) and re.search(rf"; by .*{program}", said), said
    assert "another program changed our rules, they are back" in suite.output()
    if "-I OUTPUT" in change:
        # Theirs is still there, behind ours.
        net.inside(*change.replace("-I OUTPUT 1", "-D OUTPUT").split())
    suite.wait_enforcing()


def test_a_rule_that_ends_the_way_before_our_queue_is_said(net, suite):
    net.inside("iptables", "-t", "mangle", "-I", "OUTPUT", "1", "-p", "tcp", "--dport", "443", "-j", "ACCEPT")
    try:
        wait_until(lambda: any("stands before portreeve's queue" in note for note in keeper(suite)["notes"]), 5,
                   lambda: keeper(suite))
        assert not suite.probe("app", "tcp", "10.9.0.13", 443, "--timeout", 0.5)["ok"], "closed, not open"
        assert "stands before portreeve's queue" in suite.command("status").stdout
    finally:
        net.inside("iptables", "-t", "mangle", "-D", "OUTPUT", "-p", "tcp", "--dport", "443", "-j", "ACCEPT")
    wait_until(lambda: not keeper(suite)["notes"], 5, lambda: keeper(suite))


def test_rules_of_others_stay_byte_for_byte(net, suite):
    def others():
        text = net.inside("iptables-save").stdout + net.inside("ip6tables-save").stdout
        return [line for line in text.splitlines() if line.startswith(("-A", ":DOCKER")) and line not in ours(net)]

    for words in ("-N DOCKER-USER", "-A FORWARD -j DOCKER-USER", "-A DOCKER-USER -j RETURN", "-t nat -N DOCKER",
                  "-t nat -A OUTPUT ! -d 127.0.0.0/8 -m addrtype --dst-type LOCAL -j DOCKER",
                  "-t nat -A DOCKER ! -i docker0 -p tcp --dport 8080 -j DNAT --to-destination 172.17.0.2:80"):
        net.inside("iptables", *words.split())
    net.inside("iptables", "-A", "INPUT", "-p", "tcp", "--dport", "9", "-m", "comment", "--comment", "C17 is not ours here", "-j", "DROP")
    suite.wait_enforcing()
    before, count = others(), restored(suite)
    assert len(before) >= 6, before
    for change in ("-D OUTPUT -j C17", "-t nat -I OUTPUT 1 -p tcp --dport 8 -j ACCEPT", "-t nat -D OUTPUT -p tcp --dport 8 -j ACCEPT"):
        net.inside("iptables", *change.split())
    wait_until(lambda: restored(suite) > count, 3, "the keeper has put the rules back")
    suite.wait_enforcing()
    assert others() == before
    suite.stop()
    assert others() == before
