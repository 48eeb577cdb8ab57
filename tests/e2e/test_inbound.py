# SPDX-License-Identifier: GPL-3.0-or-later
"""Connections from outside are judged by the listening program; loopback by both ends."""
import shutil

import pytest

RULES = """
[[rule]]
name = "the open service may be reached"
action = "allow"
direction = "in"
process = { path = "$BIN/open-service" }
port = 8001

[[rule]]
name = "the closed service may not"
action = "block"
direction = "in"
process = { path = "$BIN/closed-service" }

[[rule]]
name = "strangers may not go out"
action = "block"
direction = "out"
process = { path = "$BIN/stranger" }
"""

SERVICE = """
import os, socket, sys, threading
def tcp(family, address):
    s = socket.socket(family); s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if family == socket.AF_INET6: s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    s.bind((address, int(sys.argv[1]))); s.listen(16)
    while True:
        c, _ = s.accept(); c.sendall(b"served\\n"); c.close()
def udp(family, address):
    s = socket.socket(family, socket.SOCK_DGRAM)
    if family == socket.AF_INET6: s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    s.bind((address, int(sys.argv[1])))
    while True:
        _, peer = s.recvfrom(2048); s.sendto(b"served\\n", peer)
for f, a in ((socket.AF_INET, "0.0.0.0"), (socket.AF_INET6, "::")):
    for t in (tcp, udp): threading.Thread(target=t, args=(f, a)).start()
import time; time.sleep(0.3); print("ready", flush=True)
"""


def serve(suite, name, port):
    """A Python that runs under a path of its own, listening on `port`."""
    path = suite.programs / name
    if not path.exists():
        shutil.copy("/usr/bin/python3", path)
        path.chmod(0o755)
    process = suite.net.start(suite.net.machine, path, "-c", SERVICE, port)
    assert process.stdout.readline().strip() == "ready"
    return process


@pytest.fixture(scope="module", autouse=True)
def services(suite):
    return serve(suite, "open-service", 8001), serve(suite, "closed-service", 8002)


@pytest.mark.parametrize("address", ["10.9.0.1", "fd09::1"])
@pytest.mark.parametrize("protocol", ["tcp", "udp"])
def test_a_listener_that_a_rule_allows_is_reached_from_outside(suite, protocol, address):
    seen = suite.probe("visitor", protocol, address, 8001, namespace=suite.net.world)
    assert seen["ok"] and seen["data"] == "served", seen
    row = suite.connections(program="open-service", direction="in", protocol=protocol)[-1]
    assert row["local"] == {"address": address, "port": 8001}
    assert row["verdict"]["rule"] == "the open service may be reached"
    assert row["process"]["path"] == str(suite.programs / "open-service")


@pytest.mark.parametrize("address,error", [("10.9.0.1", "EHOSTUNREACH"), ("fd09::1", "EACCES")])
def test_a_forbidden_listener_is_not_reached_and_the_remote_hears_so(suite, address, error):
    seen = suite.probe("visitor", "tcp", address, 8002, namespace=suite.net.world)
    assert seen["error"] == error, seen
    row = suite.connections(program="closed-service", direction="in")[-1]
    assert row["verdict"]["action"] == "block"


def test_a_port_where_nobody_listens_is_judged_and_said_to_have_no_socket(suite):
    seen = suite.probe("visitor", "tcp", "10.9.0.1", 8003, "--timeout", 1, namespace=suite.net.world)
    assert not seen["ok"], seen
    rows = [r for r in suite.connections(direction="in") if r["local"]["port"] == 8003]
    assert rows and rows[-1]["process"]["kind"] == "no-socket", rows


@pytest.mark.parametrize("address", ["127.0.0.1", "::1"])
def test_on_loopback_the_rules_for_out_and_for_in_must_both_allow(suite, address):
    # What no rule speaks of is allowed on loopback: the built-in rule "loopback".
    assert suite.probe("client", "tcp", address, 8001)["ok"]
    assert not suite.probe("client", "tcp", address, 8002)["ok"], "the in-rule of the listener was not asked"
    assert not suite.probe("stranger", "tcp", address, 8001)["ok"], "the out-rule of the client was not asked"
