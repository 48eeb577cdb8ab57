# SPDX-License-Identifier: GPL-3.0-or-later
"""[interceptor] queues = 2: each hook is spread over two queues, the last digit of the number counts them."""
import pytest

from harness.namespaces import HOSTS, UPSTREAM
from harness.suite import Suite

SETTINGS = f"""
[policy]
default = "block"
[resolver]
upstreams = ["{UPSTREAM[0]}"]
[interceptor]
queues = 2
"""
RULES = """
[[rule]]
name = "app may"
action = "allow"
process = { path = "$BIN/app" }
"""
NUMBERS = [17040, 17041, 17060, 17061, 17140, 17141, 17160, 17161]


@pytest.fixture(scope="module")
def suite(net):
    with Suite(net, RULES, settings=SETTINGS) as running:
        yield running


def test_the_rules_balance_over_the_last_digit(suite):
    for tool, out, arriving in (("iptables-save", 17040, 17140), ("ip6tables-save", 17060, 17160)):
        saved = suite.net.inside(tool, "-t", "mangle").stdout
        assert f"--queue-balance {out}:{out + 1} --queue-bypass" in saved
        assert f"--queue-balance {arriving}:{arriving + 1} --queue-bypass" in saved
        assert "--queue-num" not in saved


def test_verdicts_are_right_by_either_queue_and_status_shows_each(suite):
    before = suite.queued()
    assert sorted(n for n in before if n >= 17000) == NUMBERS
    addresses = [a for pair in HOSTS.values() for a in pair]
    for address in addresses:
        for port in (80, 443, 7000):
            for protocol in ("tcp", "udp"):
                assert suite.probe("app", protocol, address, port)["ok"]
            assert not suite.probe("intruder", "tcp", address, port, "--timeout", 1)["ok"]
    after = suite.queued()
    for pair in ((17040, 17041), (17060, 17061)):
        assert sum(after[n] - before[n] for n in pair) >= 4 * 3 * 3, (pair, before, after)
    # The kernel chooses by the two addresses: of eight pairs each queue gets some.
    assert any(after[n] > before[n] for n in (17041, 17061)), (before, after)
    assert any(after[n] > before[n] for n in (17040, 17060)), (before, after)
    assert [q["queue"] for q in suite.status()["queues"]] == NUMBERS
    assert "17041" in suite.command("status").stdout


def test_a_restart_takes_all_of_them_back(suite):
    held = suite.hold("app", "tcp", "10.9.0.13", 7000)
    suite.kill("interceptor")
    suite.wait_enforcing()
    assert sorted(n for n in suite.queued() if n >= 17000) == NUMBERS
    assert held.say()["ok"]
    assert suite.probe("app", "tcp", "10.9.0.13", 443)["ok"]
    held.close()
