# SPDX-License-Identifier: GPL-3.0-or-later
"""A real full tunnel (wg-quick over wireguard-go) whose endpoint lies behind the default route: it works whichever
starts first, and both what goes in it and what carries it are decided."""
import os
import signal

import pytest

from harness.namespaces import wait_until
from harness.suite import Suite
from harness.wireguard import ENDPOINT, INNER, PORT, WIREGUARD_GO, Tunnel

TUNNEL_MAY = f"""
[[rule]]
name = "wireguard may"
action = "allow"
process = {{ path = "{WIREGUARD_GO}" }}
"""
APP_MAY = """
[[rule]]
name = "app may"
action = "allow"
process = { path = "$BIN/app" }
"""
RULES = TUNNEL_MAY + APP_MAY


def reach(suite, program, seconds=3):
    return {(protocol, address): suite.probe(program, protocol, address, 7000, "--timeout", seconds)
            for protocol in ("tcp", "udp") for address in INNER}


def assert_works(suite, tunnel):
    seen = reach(suite, "app")
    assert all(one["ok"] for one in seen.values()), (seen, suite.connections()[-8:])
    assert tunnel.shaken_hands()
    # A tunnel whose own packets are routed into it sends without end.
    assert tunnel.sent() < 200_000


def assert_refused(suite):
    seen = reach(suite, "intruder", 1)
    assert not any(one["ok"] for one in seen.values()), seen
    assert seen["tcp", INNER[0]]["error"] == "EHOSTUNREACH", seen
    assert seen["tcp", INNER[1]]["error"] == "EACCES", seen


@pytest.mark.parametrize("family", ["ipv4", "ipv6"])
@pytest.mark.parametrize("first", ["portreeve", "wireguard"])
def test_a_full_tunnel_works_whichever_starts_first(net, family, first):
    with Tunnel(net, family) as tunnel:
        suite = Suite(net, RULES)
        if first == "wireguard":
            tunnel.up()
            before = net.inside(suite.program("app"), "tcp", INNER[0], 7000).stdout
            assert '"ok":true' in before, before
        with suite:
            if first == "portreeve":
                tunnel.up()
            assert_works(suite, tunnel)
            assert_refused(suite)

            # The tunnel's own packets were asked about a few times, then never again.
            app = suite.hold("app", "tcp", INNER[0], 7000)
            app.say()
            before = suite.queued()
            for _ in range(200):
                assert app.say()["ok"]
            after = suite.queued()
            assert sum(after.values()) - sum(before.values()) < 20, (before, after)
            app.close()

            tunnel.down()
            assert not suite.probe("app", "tcp", INNER[0], 7000, "--timeout", 1)["ok"]
            assert suite.probe("app", "tcp", "10.9.0.13", 7000)["ok"]
            tunnel.up()
            assert_works(suite, tunnel)


@pytest.mark.parametrize("family", ["ipv4", "ipv6"])
def test_a_tunnel_that_no_rule_allows_carries_nothing(net, family):
    with Tunnel(net, family) as tunnel, Suite(net, APP_MAY) as suite:
        tunnel.up()
        seen = reach(suite, "app", 1)
        assert not any(one["ok"] for one in seen.values()), seen
        assert not tunnel.shaken_hands()
        row = suite.connections(program="wireguard-go")[-1]
        assert row["remote"] == {"address": tunnel.endpoint, "port": PORT} and row["verdict"]["action"] == "block", row

        suite.rules(RULES)
        wait_until(lambda: suite.probe("app", "tcp", INNER[0], 7000, "--timeout", 2)["ok"], 20, "the tunnel is allowed now")
        assert_works(suite, tunnel)

        suite.rules(APP_MAY)
        held = suite.probe("app", "tcp", INNER[0], 7000, "--timeout", 1)
        assert not held["ok"], "what carries the tunnel was forbidden while it was in use"


@pytest.mark.parametrize("family", ["ipv4", "ipv6"])
def test_with_nobody_on_the_queues_only_what_was_decided_passes_through_the_tunnel(net, family):
    with Tunnel(net, family) as tunnel, Suite(net, RULES) as suite:
        tunnel.up()
        assert_works(suite, tunnel)
        held = suite.hold("app", "tcp", INNER[0], 7000)
        assert held.say()["ok"]
        up = suite.process.pid
        os.kill(up, signal.SIGSTOP)  # so that nobody is started again
        pid = suite.kill("interceptor")
        try:
            wait_until(lambda: not os.path.exists(f"/proc/{pid}/fd/0"), 5, "the interceptor has ended")
            assert held.say()["ok"], "both connections were decided: the inner and the outer one"
            seen = reach(suite, "app", 1)
            assert not any(one["ok"] for one in seen.values()), seen
        finally:
            os.kill(up, signal.SIGCONT)
        suite.wait_enforcing()
        assert_works(suite, tunnel)
        held.close()


@pytest.mark.parametrize("family", ["ipv4", "ipv6"])
def test_a_tunnel_that_exists_at_the_start_goes_on_without_a_rule(net, family):
    with Tunnel(net, family) as tunnel:
        tunnel.up()
        suite = Suite(net, APP_MAY)

        def is_a_session():
            assert '"ok":true' in net.inside(suite.program("app"), "tcp", INNER[0], 7000).stdout
            return "[ASSURED]" in net.inside("conntrack", "-L", "-p", "udp", "-d", tunnel.endpoint, "-f", family).stdout
        wait_until(is_a_session, 10, "the kernel takes the tunnel for a session (both ends speak for two seconds)")
        with suite:
            assert_works(suite, tunnel)
            assert_refused(suite)
