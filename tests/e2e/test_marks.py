# SPDX-License-Identifier: GPL-3.0-or-later
"""The marks of the reference that the other files do not show, and foreign marks."""

import pytest


RULES = """
[[rule]]
name = "tunnelled goes through Gate17"
action = "gate17"
process = { path = "$BIN/tunnelled" }

[[rule]]
name = "once is asked each time"
action = "allow"
once = true
process = { path = "$BIN/once" }

[[rule]]
name = "refused once"
action = "block"
once = true
process = { path = "$BIN/refused-once" }

[[rule]]
name = "dropped once"
action = "drop"
once = true
process = { path = "$BIN/dropped-once" }

[[rule]]
name = "allowed is allowed"
action = "allow"
process = { path = "$BIN/allowed" }

[[rule]]
name = "blocked is blocked"
action = "block"
process = { path = "$BIN/blocked" }
"""

@pytest.mark.parametrize("target", ["10.9.0.13", "fd09::13"])
def test_1717_turns_a_connection_to_the_gate17_entrypoint(suite, target):
    """Which has no way here, so nobody answers; test_gate17.py has those."""
    counter = lambda: next(p for p in suite.status()["processes"] if p["name"] == "gate")["counters"]
    turned = lambda: next(c["value"] for c in counter() if c["name"] == "connections_turned")
    before = turned()
    seen = suite.probe("tunnelled", "tcp", target, 7000)
    assert not seen["ok"], seen
    assert suite.mark_of(target, 7000, "tcp") == 1717
    assert turned() == before + 1


def test_1717_of_other_protocols_never_leaves(suite):
    suite.rules(RULES + '\n[[rule]]\nname = "ping by Gate17"\naction = "gate17"\nprocess = { name = "ping" }\n')
    try:
        assert suite.net.inside("ping", "-c1", "-W1", "10.9.0.13", check=False).returncode != 0
        assert suite.connections(protocol="icmp")[-1]["verdict"]["mark"] == 1717
    finally:
        suite.rules(RULES)


def test_1700_accepts_one_packet_and_asks_again_for_the_next(suite):
    held = suite.hold("once", "tcp", "10.9.0.13", 7000)
    assert held.first["ok"], held.first
    before = suite.queued()[17040]
    for _ in range(5):
        assert held.say()["ok"]
    assert suite.queued()[17040] >= before + 5
    assert suite.mark_of("10.9.0.13", 7000) == 0
    held.close()


def test_1701_refuses_one_packet_and_leaves_no_mark(suite):
    assert suite.probe("refused-once", "tcp", "10.9.0.13", 7000)["error"] == "EHOSTUNREACH"
    assert suite.probe("refused-once", "tcp", "fd09::13", 7000)["error"] == "EACCES"
    assert suite.connections(program="refused-once")[-1]["verdict"]["mark"] == 1701
    assert suite.mark_of("10.9.0.13", 7000) in (None, 0, 1710)


def test_1702_drops_one_packet_and_each_retransmission_is_asked_about(suite):
    before = suite.queued()[17040]
    seen = suite.probe("dropped-once", "tcp", "10.9.0.12", 7000, "--timeout", 3.5)
    assert seen["error"] == "ETIMEDOUT", seen
    assert suite.queued()[17040] >= before + 3
    assert suite.mark_of("10.9.0.12", 7000) is None


@pytest.mark.parametrize("target", ["10.9.0.13", "fd09::13"])
def test_a_packet_that_bears_another_programs_mark_keeps_it_and_is_still_decided(suite, target):
    run = suite.net.inside
    family = "-6" if ":" in target else "-4"
    # With mark 7 a packet finds no route but this one: losing the mark would show as "unreachable".
    run("ip", family, "rule", "add", "fwmark", "7", "table", "7")
    run("ip", family, "route", "add", "default", "dev", "eth0", "table", "7")
    main = [family, "route", "add", "blackhole" if family == "-4" else "unreachable",
            f"{target}/{32 if family == '-4' else 128}"]
    run("ip", *main)
    try:
        assert suite.probe("allowed", "tcp", target, 7000, "--mark", 7)["ok"]
        assert not suite.probe("blocked", "tcp", target, 7000, "--mark", 7)["ok"]
        assert suite.connections(program="blocked")[-1]["verdict"]["rule"] == "blocked is blocked"
    finally:
        main[2] = "del"
        run("ip", *main)
        run("ip", family, "rule", "del", "fwmark", "7", "table", "7")
        run("ip", family, "route", "flush", "table", "7")


def test_a_foreign_connmark_is_no_way_around_the_decision(suite):
    """Another program has set the connmark of an undecided flow: it is asked about all the same."""
    run = suite.net.inside
    rule = ["-t", "mangle", "{}", "OUTPUT", "-p", "tcp", "--dport", "443", "-j", "CONNMARK", "--set-mark", "99"]
    run("iptables", *[w.format("-I") for w in rule])
    try:
        assert suite.probe("allowed", "tcp", "10.9.0.13", 443)["ok"]
        assert not suite.probe("blocked", "tcp", "10.9.0.13", 443)["ok"]
    finally:
        run("iptables", *[w.format("-D") for w in rule])
