# SPDX-License-Identifier: GPL-3.0-or-later
"""Gate17 nodes: mutual TLS with pinned keys, streams and datagrams over one connection, two hops, quotes for strangers."""
import json
import re

import pytest

from harness.namespaces import MACHINE, UPSTREAM, WORLD, run, wait_until
from harness.node import Node, keygen
from harness.suite import COMMAND, Suite
from harness.tunnel import FAR_NAME, SERVER, WORLD_INSIDE, Tunnel, ways

@pytest.fixture(scope="module")
def tunnel(net):
    with Tunnel(net) as made:
        made.own = keygen(made.folder / "own.key")
        made.near = Node(made, "near", net.world, WORLD[0], made.own,
                         also=(f"[{WORLD[1]}]:17", f"{UPSTREAM[0]}:443", f"{UPSTREAM[0]}:80", f"[{UPSTREAM[1]}]:443"))
        made.far = Node(made, "far", made.server, SERVER[0], made.own, also=(f"[{SERVER[1]}]:17",))
        made.strict = Node(made, "strict", net.world, WORLD_INSIDE[0], made.own, exits=("internet",))
        yield made


WAYS = ("near", "near-443", "near-80", "near-six", "near-six-443", "far", "far-six", "strict", "mistaken", "stranger")


def settings(tunnel):
    near, far, strict = tunnel.near, tunnel.far, tunnel.strict
    own, stranger = tunnel.folder / "own.key", tunnel.folder / "stranger.key"
    ways = {
        "near": near.way(own),
        "near-443": near.way(own, f"{UPSTREAM[0]}:443"),
        "near-80": near.way(own, f"{UPSTREAM[0]}:80"),
        "near-six": near.way(own, f"[{WORLD[1]}]:17"),
        "near-six-443": near.way(own, f"[{UPSTREAM[1]}]:443"),
        "far": far.way(own) + 'via = "near"\n',
        "far-six": far.way(own, f"[{SERVER[1]}]:17") + 'via = "near-six"\n',
        "strict": strict.way(own) + 'via = "near"\n',
        "mistaken": near.way(own).replace(near.key, far.key),
        "stranger": near.way(stranger),
    }
    assert tuple(ways) == WAYS
    return (f'[policy]\ndefault = "block"\n[resolver]\nupstreams = ["{UPSTREAM[0]}"]\n'
            + "".join(f'[[gate.way]]\nname = "{name}"\n{lines}' for name, lines in ways.items()))


def rule(way):
    return f'[[rule]]\nname = "by {way}"\naction = "gate17"\nprocess = {{ path = "$BIN/{way}" }}\nway = "{way}"\n'


RULES = ("".join(rule(way) for way in WAYS)
         + "".join(f'[[rule]]\nname = "{program}"\naction = "gate17"\nprocess = {{ path = "/usr/bin/{program}" }}\nway = "near"\n'
                   for program in ("dig", "iperf3")))


@pytest.fixture(scope="module")
def suite(net, tunnel):
    tunnel.stranger = keygen(tunnel.folder / "stranger.key")
    with Suite(net, RULES, settings=settings(tunnel)) as running:
        yield running


def hidden(capture, tunnel, *places):
    clear = capture.lines(tunnel.net.machine, "eth0", "host", SERVER[0], "or", "host", SERVER[1])
    assert clear == [], clear
    for place in ((tunnel.net.machine, "eth0"), *places):
        assert b"hello from" not in capture.bytes(*place), place


@pytest.mark.parametrize("way", ["near", "near-443", "near-80", "near-six", "near-six-443"])
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


@pytest.mark.parametrize("server", SERVER)
def test_a_flood_of_datagrams_is_carried_through_the_node(suite, tunnel, server):
    tunnel.listen(f"iperf3 {server}", 5201, "iperf3", "-s", "-B", server, namespace=tunnel.server)
    done = suite.net.inside("iperf3", "-c", server, "-u", "-b", "5M", "-l", "1200", "-t", "2", "-J", timeout=60)
    tunnel.end(f"iperf3 {server}")
    end = json.loads(done.stdout)["end"]["sum"]
    # How fast is for bench/gate17; a busy machine may lose some of them.
    assert end["packets"] > 800 and end["lost_percent"] < 60, end


@pytest.mark.parametrize("way", ["far", "far-six"])
@pytest.mark.parametrize("protocol", ["tcp", "udp"])
def test_two_hops_know_their_neighbours_alone(suite, tunnel, capture, way, protocol):
    """The first carries what it cannot read to the second; the second does not see where it began."""
    first, second, target = (0, 0, 1) if way == "far" else (1, 1, 0)
    seen = suite.probe(way, protocol, SERVER[target], 7000)
    assert seen["ok"] and seen["data"] == f"hello from {SERVER[target]}:7000", seen
    capture.__exit__()
    hidden(capture, tunnel, (tunnel.net.world, "eth1"))
    left = capture.lines(tunnel.net.machine, "eth0", "tcp")
    assert left and all(f"{WORLD[first]}.17" in line for line in left), left
    between = capture.lines(tunnel.net.world, "eth1", "tcp")
    assert between and all(f"{SERVER[second]}.17" in line for line in between), between
    assert capture.lines(tunnel.server, "eth0", "host", MACHINE[0], "or", "host", MACHINE[1], "or", "host", SERVER[target]) == []


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


@pytest.mark.parametrize("address, family", [(WORLD[0], "AF_INET"), (WORLD[1], "AF_INET6")])
def test_whoever_comes_without_a_key_gets_the_quote_of_the_day(net, tunnel, address, family):
    """RFC 865, by TCP and by UDP, as the reference has it of port 17."""
    code = f"""
import socket
t = socket.create_connection(("{address}", 17), 5).makefile("rb").read()
s = socket.socket(socket.{family}, socket.SOCK_DGRAM); s.settimeout(5); s.sendto(b"", ("{address}", 17))
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


def test_a_node_tells_its_own_machine_who_uses_it_and_how(suite, tunnel):
    before = tunnel.near.status()
    held = suite.hold("near", "tcp", SERVER[0], 7000)
    for _ in range(25):
        assert held.say("x" * 200)["ok"]
    node = tunnel.near.status()
    assert node["type"] == "node" and node["key"] == tunnel.near.key and node["uptime"] > 0 and node["exit"] == ["internet", "lan"], node
    assert node["listen"] == [f"{WORLD[0]}:17", f"[{WORLD[1]}]:17", f"{UPSTREAM[0]}:443", f"{UPSTREAM[0]}:80", f"[{UPSTREAM[1]}]:443"]
    client = node["clients"][0]
    assert client["name"] == "machine" and client["key"] == tunnel.own and client["streams"] == before["clients"][0]["streams"] + 1, client
    assert any(place.startswith(f"{MACHINE[0]}:") for place in client["connections"]) and client["since"] <= client["seen"], client
    assert client["opened"] == before["clients"][0]["opened"] + 1
    assert client["bytes_out"] >= before["clients"][0]["bytes_out"] + 5000 and client["bytes_in"] >= before["clients"][0]["bytes_in"] + 5000
    held.close()
    wait_until(lambda: tunnel.near.client()["streams"] == before["clients"][0]["streams"], 5, tunnel.near.status)
    shown = tunnel.near.command("gate", "status").stdout
    assert tunnel.near.key in shown and f"{UPSTREAM[0]}:443" in shown and re.search(rf"^machine +{MACHINE[0]}:\d+", shown, re.M), shown


def test_a_node_tells_whom_it_did_not_let_in_and_what_it_did_not_let_out(suite, tunnel):
    before = tunnel.near.status()
    assert not suite.probe("stranger", "tcp", SERVER[0], 7000)["ok"]
    suite.net.outside("/usr/bin/python3", "-c", f"import socket; socket.create_connection((\"{WORLD[0]}\", 17), 5).makefile(\"rb\").read()")
    after = tunnel.near.status()
    assert after["wrong_keys"] > before["wrong_keys"] and after["last_wrong_key"] == tunnel.stranger, after
    assert after["last_wrong_from"].startswith(f"{MACHINE[0]}:") and after["quotes"] > before["quotes"], after
    assert tunnel.stranger in tunnel.near.command("gate", "status").stdout
    refused = tunnel.strict.client()["refused"]
    assert not suite.probe("strict", "tcp", SERVER[0], 7000)["ok"]
    assert not suite.probe("strict", "udp", SERVER[0], 7000, "--timeout", 1)["ok"]
    assert tunnel.strict.client()["refused"] >= refused + 2


def test_a_node_tells_nobody_who_may_not_observe(tunnel):
    done = run("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", COMMAND, "gate", "status", env=tunnel.near.environment, check=False)
    assert done.returncode == 1 and "not entitled" in done.stderr and done.stdout == "", done


def test_where_no_node_runs_any_more_its_status_says_so(tunnel):
    tunnel.strict.end()
    try:
        assert tunnel.strict.command("gate", "status", check=False).returncode == 3
    finally:
        tunnel.strict.start()


def test_the_node_is_locked_in(tunnel):
    pid = next(p for p in run("ip", "netns", "pids", tunnel.net.world).stdout.split()
               if "portreeve-gate" in open(f"/proc/{p}/cmdline").read() and open(f"/proc/{p}/comm").read().startswith("portreeve"))
    status = dict(re.findall(r"^(\w+):[ \t]*(.*)$", open(f"/proc/{pid}/status").read(), re.M))
    assert status["Uid"].split()[0] != "0" and status["CapEff"].strip("0") == "" and status["NoNewPrivs"] == "1" and status["Seccomp"] == "2", status
