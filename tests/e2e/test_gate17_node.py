# SPDX-License-Identifier: GPL-3.0-or-later
"""Gate17 nodes: mutual TLS with pinned keys, streams and datagrams over one connection, two hops, quotes for strangers."""
import json
import re

import pytest

from harness.namespaces import MACHINE, UPSTREAM, WORLD, run, wait_until
from harness.node import Node, keygen
from harness.suite import Suite
from harness.tunnel import FAR_NAME, SERVER, WORLD_INSIDE, Tunnel

@pytest.fixture(scope="module")
def tunnel(net):
    with Tunnel(net) as made:
        made.own = keygen(made.folder / "own.key")
        made.near = Node(made, "near", net.world, WORLD[0], made.own, elsewhere=UPSTREAM[0])
        made.far = Node(made, "far", made.server, SERVER[0], made.own)
        made.strict = Node(made, "strict", net.world, WORLD_INSIDE[0], made.own, exits='["internet"]')
        yield made


SETTINGS = """
[policy]
default = "block"
[resolver]
upstreams = ["{upstream}"]
[[gate.way]]
name = "near"
type = "gate17"
server = "{world}:17"
key = "{near}"
own_key = "{folder}/own.key"
[[gate.way]]
name = "near-443"
type = "gate17"
server = "{upstream}:443"
key = "{near}"
own_key = "{folder}/own.key"
[[gate.way]]
name = "far"
type = "gate17"
server = "{server}:17"
key = "{far}"
own_key = "{folder}/own.key"
via = "near"
[[gate.way]]
name = "strict"
type = "gate17"
server = "{inside}:17"
key = "{strict}"
own_key = "{folder}/own.key"
via = "near"
[[gate.way]]
name = "mistaken"
type = "gate17"
server = "{world}:17"
key = "{far}"
own_key = "{folder}/own.key"
[[gate.way]]
name = "stranger"
type = "gate17"
server = "{world}:17"
key = "{near}"
own_key = "{folder}/stranger.key"
"""


def rule(way):
    return f'[[rule]]\nname = "by {way}"\naction = "gate17"\nprocess = {{ path = "$BIN/{way}" }}\nway = "{way}"\n'


RULES = ("".join(rule(way) for way in ("near", "near-443", "far", "strict", "mistaken", "stranger"))
         + "".join(f'[[rule]]\nname = "{program}"\naction = "gate17"\nprocess = {{ path = "/usr/bin/{program}" }}\nway = "near"\n'
                   for program in ("dig", "iperf3")))


@pytest.fixture(scope="module")
def suite(net, tunnel):
    keygen(tunnel.folder / "stranger.key")
    with Suite(net, RULES, settings=SETTINGS.format(
            upstream=UPSTREAM[0], world=WORLD[0], inside=WORLD_INSIDE[0], server=SERVER[0], folder=tunnel.folder, near=tunnel.near.key,
            far=tunnel.far.key, strict=tunnel.strict.key)) as running:
        yield running


@pytest.fixture
def capture(tunnel):
    made = tunnel.capture()
    with made:
        yield made
    made.remove()


def ways(suite):
    return {way["name"]: way for way in map(json.loads, suite.command("gate", "status", "--json").stdout.splitlines())}


def hidden(capture, tunnel, *places):
    clear = capture.lines(tunnel.net.machine, "eth0", "host", SERVER[0], "or", "host", SERVER[1])
    assert clear == [], clear
    for place in ((tunnel.net.machine, "eth0"), *places):
        assert b"hello from" not in capture.bytes(*place), place


@pytest.mark.parametrize("way", ["near", "near-443"])
@pytest.mark.parametrize("protocol", ["tcp", "udp"])
@pytest.mark.parametrize("target", [*SERVER, FAR_NAME])
def test_a_connection_leaves_through_the_node_unseen(suite, tunnel, capture, way, protocol, target):
    seen = suite.probe(way, protocol, target, 7000)
    assert seen["ok"] and seen["data"] == f"hello from {SERVER[0] if target == FAR_NAME else target}:7000", seen
    assert suite.connections(program=way)[-1]["verdict"]["way"] == way
    capture.__exit__()
    hidden(capture, tunnel)
    assert b"hello from" in capture.bytes(tunnel.server, "eth0"), "the capture sees nothing"


@pytest.mark.parametrize("server", SERVER)
def test_dig_is_answered_through_the_node(suite, tunnel, capture, server):
    """From a port of its own: port 53 is our resolver's."""
    tunnel.listen(f"dns {server}", 5300, "dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null", "--port=5300", f"--listen-address={server}",
                  "--bind-interfaces", "--no-resolv", "--no-hosts", "--pid-file=", "--user=root", "--address=/dug.test/192.0.2.77", namespace=tunnel.server)
    try:
        assert suite.net.inside("dig", "-p", "5300", f"@{server}", "dug.test", "+short", "+tries=3").stdout.strip() == "192.0.2.77"
    finally:
        tunnel.end(f"dns {server}")
    capture.__exit__()
    hidden(capture, tunnel)
    assert capture.lines(tunnel.server, "eth0", "udp", "port", "5300"), "the capture sees nothing"


def test_a_flood_of_datagrams_is_carried_through_the_node(suite, tunnel):
    tunnel.listen("iperf3", 5201, "iperf3", "-s", namespace=tunnel.server)
    done = suite.net.inside("iperf3", "-c", SERVER[0], "-u", "-b", "5M", "-l", "1200", "-t", "2", "-J", timeout=60)
    end = json.loads(done.stdout)["end"]["sum"]
    # How fast is for bench/gate17; a busy machine may lose some of them.
    assert end["packets"] > 100 and end["lost_percent"] < 60, end


def test_two_hops_know_their_neighbours_alone(suite, tunnel, capture):
    """The first carries what it cannot read to the second; the second does not see where it began."""
    seen = suite.probe("far", "tcp", SERVER[1], 7000)
    assert seen["ok"] and seen["data"] == f"hello from {SERVER[1]}:7000", seen
    capture.__exit__()
    hidden(capture, tunnel, (tunnel.net.world, "eth1"))
    between = capture.lines(tunnel.net.world, "eth1", "tcp")
    assert between and all(f"{SERVER[0]}.17" in line for line in between), between
    assert capture.lines(tunnel.server, "eth0", "host", MACHINE[0], "or", "host", SERVER[1]) == []


def test_a_node_lets_out_only_to_where_its_settings_say(suite, tunnel):
    """exit = ["internet"]; the server is on a LAN."""
    assert not suite.probe("strict", "tcp", SERVER[0], 7000)["ok"]
    assert not suite.probe("strict", "udp", SERVER[0], 7000, "--timeout", 1)["ok"]
    done = suite.command("gate", "test", "strict", f"{SERVER[0]}:7000", check=False)
    assert done.returncode == 1 and "rules do not let that out" in done.stderr, done
    assert "strict works" in suite.command("gate", "test", "strict").stdout


@pytest.mark.parametrize("way", ["mistaken", "stranger"])
def test_keys_that_are_not_the_pinned_ones_carry_nothing(suite, tunnel, capture, way):
    assert not suite.probe(way, "tcp", SERVER[0], 7000)["ok"]
    state = ways(suite)[way]
    assert state["state"] == "failing" and "TLS" in state["reason"], state
    capture.__exit__()
    hidden(capture, tunnel)
    assert capture.lines(tunnel.server, "eth0", "tcp", "port", "7000") == []


def test_a_node_that_is_killed_ends_its_streams_and_carries_again_when_it_is_back(suite, tunnel, capture):
    held = suite.hold("near", "tcp", SERVER[0], 7000)
    assert held.first["ok"] and held.say()["ok"]
    tunnel.near.end()
    assert not held.say()["ok"]
    assert not suite.probe("near", "tcp", SERVER[0], 7000)["ok"]
    tunnel.near.start()
    wait_until(lambda: suite.probe("near", "tcp", SERVER[0], 7000)["ok"], 20, "the node carries again")
    capture.__exit__()
    hidden(capture, tunnel)


def test_whoever_comes_without_a_key_gets_the_quote_of_the_day(net, tunnel):
    """RFC 865, by TCP and by UDP, as the reference has it of port 17."""
    code = f"""
import socket
t = socket.create_connection(("{WORLD[0]}", 17), 5).makefile("rb").read()
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.settimeout(5); s.sendto(b"", ("{WORLD[0]}", 17))
u = s.recv(1000)
assert t == u and t.endswith(b"\\r\\n") and 10 < len(t) < 512, (t, u)
print("quoted")
"""
    assert net.outside("/usr/bin/python3", "-c", code).stdout.strip() == "quoted"


def test_quotes_by_udp_are_no_way_to_flood_a_third_party(net):
    code = f"""
import socket, time
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.settimeout(0.5)
for _ in range(500): s.sendto(b"x", ("{WORLD[0]}", 17))
heard = 0
try:
    while True: s.recv(1000); heard += 1
except TimeoutError: print(heard)
"""
    assert int(net.outside("/usr/bin/python3", "-c", code).stdout) <= 30


def test_garbage_at_the_nodes_port_ends_that_connection_and_no_other(suite, tunnel):
    held = suite.hold("near", "tcp", SERVER[0], 7000)
    assert held.first["ok"]
    code = f"""
import os, socket
for head in (b"", b"\\x16", b"\\x16\\x03\\x01\\x02\\x00\\x01\\x00\\x01\\xfc\\x03\\x03"):
    for size in (1, 100, 70000):
        s = socket.create_connection(("{WORLD[0]}", 17), 5); s.settimeout(5)
        try:
            s.sendall(head + os.urandom(size)); s.shutdown(socket.SHUT_WR)
            while s.recv(1000): pass
        except OSError: pass
        s.close()
"""
    suite.net.outside("/usr/bin/python3", "-c", code, timeout=90)
    assert held.say()["ok"]
    held.close()


def test_the_node_is_locked_in(tunnel):
    pid = next(p for p in run("ip", "netns", "pids", tunnel.net.world).stdout.split()
               if "portreeve-gate" in open(f"/proc/{p}/cmdline").read() and open(f"/proc/{p}/comm").read().startswith("portreeve"))
    status = dict(re.findall(r"^(\w+):[ \t]*(.*)$", open(f"/proc/{pid}/status").read(), re.M))
    assert status["Uid"].split()[0] != "0" and status["CapEff"].strip("0") == "" and status["NoNewPrivs"] == "1" and status["Seccomp"] == "2", status
