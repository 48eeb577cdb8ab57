# SPDX-License-Identifier: GPL-3.0-or-later
"""Promise 3: one packet per connection reaches user space, by the kernel's own counters."""

import json

import pytest

from harness.namespaces import HOSTS, MACHINE, run

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


@pytest.fixture(scope="module")
def known_neighbours(net):
    """Neighbour discovery asks again now and then; its packets are each judged, and would be counted here."""
    def mac(name):
        return json.loads(run("ip", "-j", "-n", name, "link", "show", "eth0").stdout)[0]["address"]
    for name, other, addresses in ((net.machine, net.world, HOSTS["www.other.test"]), (net.world, net.machine, MACHINE)):
        for address in addresses:
            run("ip", "-n", name, "neigh", "replace", address, "lladdr", mac(other), "dev", "eth0", "nud", "permanent")


@pytest.mark.parametrize("target,queue", [("10.9.0.13", 17040), ("fd09::13", 17060)])
def test_megabytes_flow_and_no_further_packet_is_queued(suite, known_neighbours, target, queue):
    megabytes = 64 << 20
    before = suite.queued()
    done = suite.net.inside("/usr/bin/python3", "-c", SENDER, target, megabytes, timeout=60)
    after = suite.queued()
    assert int(done.stdout) == megabytes
    assert after[queue] - before[queue] == 1, (before, after)
    assert sum(after.values()) - sum(before.values()) == 1, (before, after)


def test_bytes_of_a_connection_are_counted_from_conntrack(suite):
    suite.net.inside("/usr/bin/python3", "-c", SENDER, "10.9.0.12", 1 << 20, timeout=60)
    row = [r for r in suite.connections() if r["remote"] == {"address": "10.9.0.12", "port": 7000}][-1]
    assert row["bytes_out"] > 1 << 20 and row["bytes_in"] > 1 << 20, row
