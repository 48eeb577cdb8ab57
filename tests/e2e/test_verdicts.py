# SPDX-License-Identifier: GPL-3.0-or-later
"""What a program sees, what conntrack remembers, and what the suite says of it, for each action."""
import re
import pytest

from harness.namespaces import HOSTS

RULES = """
[[rule]]
name = "reader may read allowed.test"
action = "allow"
process = { path = "$BIN/reader" }
domain = ".allowed.test"
port = 80

[[rule]]
name = "refused is refused"
action = "block"
process = { path = "$BIN/refused" }

[[rule]]
name = "silent is dropped"
action = "drop"
process = { path = "$BIN/silent" }

[[rule]]
name = "talker may use UDP"
action = "allow"
process = { path = "$BIN/talker" }
protocol = "udp"

[[rule]]
name = "ping may ping"
action = "allow"
process = { name = "ping" }
protocol = ["icmp", "icmpv6"]

[[rule]]
name = "root may reach the LAN on 443"
action = "allow"
user = "root"
scope = "lan"
port = 443

[[rule]]
name = "nobody may reach 7000 at one address"
action = "allow"
user = "nobody"
address = ["10.9.0.13/32", "fd09::13"]
port = "6999-7001"
"""

FAMILIES = [4, 6]


def address(name, family):
    return HOSTS[name][0 if family == 4 else 1]


@pytest.mark.parametrize("family", FAMILIES)
def test_a_program_allowed_by_its_domain_rule_connects_and_the_kernel_keeps_1710(suite, family):
    seen = suite.probe("reader", "tcp", "www.allowed.test", 80, "--family", family)
    assert seen["ok"], seen
    assert seen["address"] == address("www.allowed.test", family)
    assert suite.mark_of(seen["address"], 80) == 1710
    row = suite.connections(program="reader", protocol="tcp")[-1]
    assert row["domain"] == "www.allowed.test"
    assert row["verdict"] == {"action": "allow", "mark": 1710, "rule": "reader may read allowed.test",
                              "reason": row["verdict"]["reason"], "way": ""}
    assert "50-test.toml:" in row["verdict"]["reason"]


@pytest.mark.parametrize("family", FAMILIES)
def test_the_same_program_is_refused_at_an_address_it_has_no_name_for(suite, family):
    seen = suite.probe("reader", "tcp", address("www.other.test", family), 80)
    assert not seen["ok"] and seen["error"] in ("EHOSTUNREACH", "EACCES"), seen
    assert suite.connections(program="reader", protocol="tcp")[-1]["verdict"]["rule"] == ""


@pytest.mark.parametrize("family,error", [(4, "EHOSTUNREACH"), (6, "EACCES")])
def test_a_refused_program_hears_it_at_once_and_not_by_time_out(suite, family, error):
    seen = suite.probe("refused", "tcp", address("www.blocked.test", family), 80, "--timeout", 5)
    assert seen["error"] == error, seen
    assert seen["us"] < 1_000_000
    row = suite.connections(program="refused")[-1]
    assert (row["verdict"]["action"], row["verdict"]["mark"]) == ("block", 1711)


@pytest.mark.parametrize("family,error", [(4, "EHOSTUNREACH"), (6, "EACCES")])
def test_a_refused_program_hears_it_on_connected_udp_too(suite, family, error):
    seen = suite.probe("refused", "udp", address("www.blocked.test", family), 7000, "--timeout", 2)
    assert seen["error"] == error, seen


@pytest.mark.parametrize("family", FAMILIES)
def test_a_dropped_program_waits_until_its_own_time_out(suite, family):
    seen = suite.probe("silent", "tcp", address("www.dropped.test", family), 80, "--timeout", 1.5)
    assert seen["error"] == "ETIMEDOUT", seen
    row = suite.connections(program="silent")[-1]
    assert (row["verdict"]["action"], row["verdict"]["mark"]) == ("drop", 1712)


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("mode", [[], ["--unconnected"]])
def test_udp_is_allowed_connected_or_not_and_kept_by_the_kernel(suite, family, mode):
    target = address("www.other.test", family)
    seen = suite.probe("talker", "udp", target, 7000, *mode)
    assert seen["ok"] and seen["data"].startswith("hello from"), seen
    assert suite.connections(program="talker")[-1]["verdict"]["rule"] == "talker may use UDP"


def test_ping_is_decided_like_everything_else(suite):
    assert suite.net.inside("ping", "-c1", "-W2", "10.9.0.13", check=False).returncode == 0
    assert suite.net.inside("ping", "-6", "-c1", "-W2", "fd09::13", check=False).returncode == 0
    suite.rules("", name="50-test.toml")
    try:
        assert suite.net.inside("ping", "-c1", "-W1", "10.9.0.12", check=False).returncode != 0
    finally:
        suite.rules(RULES)


def test_user_scope_port_and_address_narrow_a_rule(suite):
    assert suite.probe("anyone", "tcp", "10.9.0.13", 443)["ok"]
    assert not suite.probe("anyone", "tcp", "10.9.0.13", 443, user=65534)["ok"]
    assert suite.probe("anyone", "tcp", "10.9.0.13", 7000, user=65534)["ok"]
    assert suite.probe("anyone", "tcp", "fd09::13", 7000, user=65534)["ok"]
    assert not suite.probe("anyone", "tcp", "10.9.0.12", 7000, user=65534)["ok"]
    assert not suite.probe("anyone", "tcp", "10.9.0.13", 7000)["ok"]


def test_explain_names_the_deciding_rule_and_where_it_stands(suite):
    suite.probe("refused", "tcp", "10.9.0.11", 80)
    row = suite.connections(program="refused")[-1]
    words = suite.command("explain", int(row["id"])).stdout
    assert "refused is refused" in words and "50-test.toml:9" in words, words
    assert re.search(r"mark +1711", words), words
    assert re.search(r"Its first packet took: .*attribution \d.*, policy \d", words), words
    imagined = suite.command("explain", "--program", suite.programs / "reader", "--to", "192.0.2.7:80",
                             "--domain", "x.allowed.test").stdout
    assert "reader may read allowed.test" in imagined, imagined
