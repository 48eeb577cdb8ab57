# SPDX-License-Identifier: GPL-3.0-or-later
"""A verdict belongs to a program: the next one on the same UDP port does not inherit it (pitfall A6)."""
import pytest

RULES = """
[[rule]]
name = "first may"
action = "allow"
process = { path = "$BIN/first" }
"""


@pytest.mark.parametrize("mode", [[], ["--unconnected"]])
@pytest.mark.parametrize("target", ["10.9.0.13", "fd09::13"])
def test_the_next_program_on_the_same_port_is_asked_about(suite, target, mode):
    for _ in range(5):
        assert suite.probe("first", "udp", target, 7000, "--from", 41001, *mode)["ok"]
        seen = suite.probe("second", "udp", target, 7000, "--from", 41001, "--timeout", 1, *mode, user=65534)
        assert not seen["ok"], seen
        row = suite.connections(protocol="udp")[-1]
        assert row["process"]["path"].endswith("/second"), row
