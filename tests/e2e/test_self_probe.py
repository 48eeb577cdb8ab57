# SPDX-License-Identifier: GPL-3.0-or-later
"""The resolver sends itself a datagram now and then: `status` knows that packets really come through, and where not."""
import pytest

from harness.namespaces import UPSTREAM, wait_until
from harness.suite import Suite

SETTINGS = f"""
[policy]
default = "block"
[resolver]
upstreams = ["{UPSTREAM[0]}"]
self_probe = 1
"""


@pytest.fixture(scope="module")
def suite(net):
    with Suite(net, settings=SETTINGS) as running:
        yield running


def policy(suite):
    return next(p for p in suite.status()["processes"] if p["name"] == "policy")


def states(suite):
    return {(p["hook"], p["family"]): p["state"] for p in policy(suite)["probes"]}


def wait_for(suite, state, *ways):
    ways = ways or [(hook, family) for hook in ("out", "in") for family in ("ipv4", "ipv6")]
    wait_until(lambda: all(states(suite)[way] == state for way in ways), 20, lambda: f"{ways} {state}: {policy(suite)}")


def test_every_hook_of_both_families_passes_though_no_rule_lets_it(suite):
    wait_for(suite, "passing")
    assert suite.status()["state"] == "enforcing"
    shown = suite.command("status").stdout
    assert "SELF-PROBE" in shown and "failing" not in shown, shown


def test_the_datagrams_are_no_connections(suite):
    wait_for(suite, "passing")
    assert [c for c in suite.connections() if c["process"]["name"] == "portreeve-resol" and c["remote"]["port"] != 53] == []


@pytest.mark.parametrize("tool, family", [("iptables", "ipv4"), ("ip6tables", "ipv6")])
def test_a_rule_before_ours_that_keeps_packets_from_the_queue_is_found_and_said(suite, tool, family):
    wait_for(suite, "passing")
    version = {"ipv4": "IPv4", "ipv6": "IPv6"}[family]
    rule = ["OUTPUT", "-o", "lo", "-p", "udp", "-j", "ACCEPT"]
    suite.net.inside(tool, "-t", "mangle", "-I", *rule)
    try:
        wait_for(suite, "failing", ("out", family))
        status = suite.status()
        assert status["state"] == "degraded"
        assert f"outgoing {version} packets do not come up" in policy(suite)["reason"], policy(suite)
        # What could be repaired by us is tried, once.
        wait_until(lambda: f"queue {17040 if family == 'ipv4' else 17060}: policy says" in suite.output(), 10, suite.output)
    finally:
        suite.net.inside(tool, "-t", "mangle", "-D", *rule)
    wait_for(suite, "passing", ("out", family))
    wait_until(lambda: suite.status()["state"] == "enforcing", 10, suite.status)


def test_what_is_lost_between_the_hooks_is_told_apart(suite):
    wait_for(suite, "passing")
    rule = ["POSTROUTING", "-o", "lo", "-p", "udp", "-j", "DROP"]
    suite.net.inside("iptables", "-t", "mangle", "-I", *rule)
    try:
        wait_for(suite, "failing", ("in", "ipv4"))
        assert "arriving IPv4 packets do not come up by queue 17140" in policy(suite)["reason"]
        assert states(suite)["out", "ipv4"] == "passing"
    finally:
        suite.net.inside("iptables", "-t", "mangle", "-D", *rule)
    wait_for(suite, "passing")


def test_packets_are_let_through_again_after_each_process_was_killed(suite):
    for name in ("policy", "resolver", "interceptor", "attributor"):
        suite.kill(name)
        suite.wait_enforcing()
        before = policy(suite)["probes"][0]["last"]
        wait_until(lambda: policy(suite)["probes"][0]["last"] > before and set(states(suite).values()) == {"passing"},
                   20, lambda: f"after {name}: {policy(suite)}")
