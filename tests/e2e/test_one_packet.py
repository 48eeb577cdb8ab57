# SPDX-License-Identifier: GPL-3.0-or-later
"""Promise 3: one packet per connection reaches user space, by the kernel's own counters."""

import pytest

DEFAULT = "allow"

SENDER = """
import socket, sys
s = socket.create_connection((sys.argv[1], 7000))
s.recv(1000)
block, left, back = b"x" * 65536, int(sys.argv[2]), 0
s.setblocking(False)
import select
total = left
while left > 0 or back < total:
    r, w, _ = select.select([s], [s] if left > 0 else [], [], 10)
    if not r and not w: sys.exit("stalled")
    if w: left -= s.send(block[:min(left, 65536)])
    if r: back += len(s.recv(1 << 20))
print(back)
"""


@pytest.mark.parametrize("target,queue", [("10.9.0.13", 17040), ("fd09::13", 17060)])
def test_megabytes_flow_and_no_further_packet_is_queued(suite, target, queue):
    megabytes = 64 << 20
    suite.probe("first", "tcp", target, 80)  # neighbour discovery is over after this
    before = suite.queued()
    done = suite.net.inside("/usr/bin/python3", "-c", SENDER, target, megabytes, timeout=60)
    after = suite.queued()
    assert int(done.stdout) == megabytes
    assert after[queue] - before[queue] == 1, (before, after)
    assert sum(after.values()) - sum(before.values()) <= 2, (before, after)  # a late neighbour answer may be among them


def test_bytes_of_a_connection_are_counted_from_conntrack(suite):
    suite.net.inside("/usr/bin/python3", "-c", SENDER, "10.9.0.12", 1 << 20, timeout=60)
    row = [r for r in suite.connections() if r["remote"] == {"address": "10.9.0.12", "port": 7000}][-1]
    assert row["bytes_out"] > 1 << 20 and row["bytes_in"] > 1 << 20, row
