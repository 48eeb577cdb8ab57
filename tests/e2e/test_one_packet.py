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
    counted = []
    for _ in range(3):
        # The queues see neighbour discovery and multicast reports as well, now and then: of three tries one is without.
        before = suite.queued()
        done = suite.net.inside("/usr/bin/python3", "-c", SENDER, target, megabytes, timeout=60)
        after = suite.queued()
        assert int(done.stdout) == megabytes
        counted.append({q: after[q] - before[q] for q in after})
        if counted[-1][queue] == 1 and sum(counted[-1].values()) == 1:
            break
    else:
        raise AssertionError(counted)


def test_bytes_of_a_connection_are_counted_from_conntrack(suite):
    suite.net.inside("/usr/bin/python3", "-c", SENDER, "10.9.0.12", 1 << 20, timeout=60)
    row = [r for r in suite.connections() if r["remote"] == {"address": "10.9.0.12", "port": 7000}][-1]
    assert row["bytes_out"] > 1 << 20 and row["bytes_in"] > 1 << 20, row
