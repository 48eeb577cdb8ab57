# SPDX-License-Identifier: GPL-3.0-or-later
"""A verdict belongs to a program: the next one on the same UDP port does not inherit it (pitfall A6)."""
import pytest

from harness.namespaces import wait_until

RULES = """
[[rule]]
name = "first may"
action = "allow"
process = { path = "$BIN/first" }
"""


def entry(suite, target):
    return suite.conntrack("-f", "ipv6" if ":" in target else "ipv4", "-p", "udp", "-d", target, "--sport", "41001")


@pytest.mark.parametrize("mode", [[], ["--unconnected"]])
@pytest.mark.parametrize("target", ["10.9.0.13", "fd09::13"])
def test_the_next_program_on_the_same_port_is_asked_about(suite, target, mode):
    for _ in range(5):
        assert suite.probe("first", "udp", target, 7000, "--from", 41001, *mode)["ok"]
        # The kernel tells of a closed socket from a work queue: mostly within 30 us, on a busy machine within some ms.
        wait_until(lambda: entry(suite, target) == [], 1, "the entry of the closed socket is deleted")
        seen = suite.probe("second", "udp", target, 7000, "--from", 41001, "--timeout", 1, *mode, user=65534)
        assert not seen["ok"], seen
        row = suite.connections(protocol="udp")[-1]
        assert row["process"]["path"].endswith("/second"), row
