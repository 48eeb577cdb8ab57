# SPDX-License-Identifier: GPL-3.0-or-later
"""Servers of Gate17's ways that the settings name by host name: found by the suite's resolver, wherever they are now, or not used.

Everything goes by the way whose server is named: were the question for it judged as a program's, or its connection turned to it,
nothing would work."""
import re
import signal

import pytest

from harness.namespaces import HOSTS, MACHINE, WORLD, wait_until
from harness.node import Node, keygen
from harness.suite import Suite
from harness.tunnel import FAR_NAME, SERVER, Tunnel, ways

FIRST, SECOND = HOSTS["www.allowed.test"], HOSTS["www.blocked.test"]
NOBODY = ("10.9.0.98", "fd09::98")
PLACES = {  # name: where it is in the beginning
    "vpn.ways.test": [FIRST[0]],
    "six.ways.test": [FIRST[1]],
    "both.ways.test": [FIRST[1], FIRST[0]],  # served by IPv4 alone
    "half.ways.test": [NOBODY[1], NOBODY[0], FIRST[0]],
    "node.ways.test": [WORLD[1], WORLD[0]],
    "proxy.ways.test": [WORLD[0]],
    "moving.ways.test": [FIRST[0]],
}


class Names:
    """A name server of the world's whose names move."""

    def __init__(self, tunnel):
        self.file = tunnel.folder / "hosts"
        self.places = dict(PLACES)
        self.write()
        self.process = tunnel.net.start(
            tunnel.net.world, "dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null", "--no-resolv", "--no-hosts", "--bind-interfaces",
            "--except-interface=lo", "--pid-file=", "--user=root", "--local-ttl=300", "--log-facility=/dev/null",
            f"--listen-address={WORLD[0]}", "--local=/test/", f"--addn-hosts={self.file}")
        wait_until(lambda: f"{WORLD[0]}:53" in tunnel.net.outside("ss", "-Hlun").stdout, 10, "the names are served")

    def write(self):
        self.file.write_text("".join(f"{address} {name}\n" for name, all in self.places.items() for address in all))
        self.file.chmod(0o644)

    def move(self, name, *addresses):
        self.places[name] = addresses
        self.write()
        self.process.send_signal(signal.SIGHUP)  # it reads the file again


def way(name, kind, server):
    return f'[[gate.way]]\nname = "{name}"\ntype = "{kind}"\nserver = "{server}"\n'


SETTINGS = (f'[policy]\ndefault = "block"\n[resolver]\nupstreams = ["{WORLD[0]}"]\n'
            + way("vpn", "socks5", "vpn.ways.test:1080") + way("six", "socks5", "six.ways.test:1086")
            + way("both", "socks5", "Both.Ways.Test.:1080") + way("half", "socks5", "half.ways.test:1080")
            + way("moving", "socks5", "moving.ways.test:1081") + way("nowhere", "socks5", "nowhere.ways.test:1080")
            + way("dante", "socks5", "proxy.ways.test:1090") + way("proxy", "http", "proxy.ways.test:8888"))
CHOSEN = ("six", "both", "half", "moving", "nowhere", "dante", "proxy", "near", "far")
RULES = ("".join(f'[[rule]]\nname = "by {name}"\naction = "gate17"\nprocess = {{ path = "$BIN/{name}" }}\nway = "{name}"\n' for name in CHOSEN)
         + '[[rule]]\nname = "everything by vpn"\naction = "gate17"\nway = "vpn"\ndirection = "out"\n')


@pytest.fixture(scope="module")
def tunnel(net):
    with Tunnel(net) as made:
        made.names = Names(made)
        made.microsocks("vpn", FIRST[0], 1080)
        made.microsocks("six", FIRST[1], 1086)
        made.microsocks("moving", FIRST[0], 1081)
        made.dante("dante", WORLD[0], 1090)
        made.tinyproxy("proxy", WORLD[0], 8888)
        own = made.folder / "own.key"
        public = keygen(own)
        made.near = Node(made, "near", net.world, WORLD[0], public)
        made.far = Node(made, "far", made.server, SERVER[0], public)
        # In the world FAR_NAME is the server; on the machine's side it is not known at all.
        made.node_ways = (f'[[gate.way]]\nname = "near"\n{made.near.way(own, "node.ways.test:17")}'
                          f'[[gate.way]]\nname = "far"\n{made.far.way(own, f"{FAR_NAME}:17")}via = "near"\n')
        yield made


@pytest.fixture(scope="module")
def suite(net, tunnel):
    with Suite(net, RULES, settings=SETTINGS + tunnel.node_ways) as running:
        yield running


def nothing_in_the_clear(capture, tunnel):
    clear = capture.lines(tunnel.net.machine, "eth0", "host", SERVER[0], "or", "host", SERVER[1])
    assert clear == [], clear
    assert capture.lines(tunnel.server, "eth0", "host", MACHINE[0], "or", "host", MACHINE[1]) == []


def asked_for(capture, tunnel):
    """The names that left the machine in questions."""
    return {name for line in capture.lines(tunnel.net.machine, "eth0", "dst", "port", "53")
            for name in re.findall(r" (?:A|AAAA|HTTPS)\? (\S+)\. ", line)}


def test_a_server_that_is_not_found_is_known_to_fail_before_it_is_used(suite, tunnel, capture):
    wait_until(lambda: ways(suite)["nowhere"]["state"] == "failing", 10, lambda: ways(suite))
    state = ways(suite)
    assert state["nowhere"]["reason"] == "nowhere.ways.test: there is no such name" and state["nowhere"]["address"] == "", state["nowhere"]
    assert all(state[name]["state"] == "not used yet" for name in ("vpn", "six", "both", "half", "proxy")), state
    assert "nowhere" in next(p for p in suite.status()["processes"] if p["name"] == "gate")["reason"]
    assert not suite.probe("nowhere", "tcp", SERVER[0], 7000)["ok"]
    capture.__exit__()
    nothing_in_the_clear(capture, tunnel)
    assert capture.lines(tunnel.server, "eth0", "tcp") == []


@pytest.mark.parametrize("target", [*SERVER, FAR_NAME])
@pytest.mark.parametrize("name, address", [("vpn", f"{FIRST[0]}:1080"), ("six", f"[{FIRST[1]}]:1086"), ("both", f"{FIRST[0]}:1080"),
                                           ("half", f"{FIRST[0]}:1080"), ("proxy", f"{WORLD[0]}:8888")])
def test_a_connection_goes_by_the_server_wherever_its_name_leads(suite, tunnel, capture, name, address, target):
    """Also where some of its addresses refuse ("both") or say nothing ("half")."""
    seen = suite.probe(name, "tcp", target, 7000)
    assert seen["ok"] and seen["data"] == f"hello from {SERVER[0] if target == FAR_NAME else target}:7000", seen
    assert suite.connections(program=name)[-1]["verdict"]["way"] == name
    assert ways(suite)[name]["address"] == address
    capture.__exit__()
    nothing_in_the_clear(capture, tunnel)
    assert FAR_NAME not in asked_for(capture, tunnel)


def test_datagrams_go_to_the_server_that_was_reached(suite, tunnel, capture):
    seen = suite.probe("dante", "udp", SERVER[0], 7000)
    assert seen["ok"] and seen["data"] == f"hello from {SERVER[0]}:7000", seen
    capture.__exit__()
    nothing_in_the_clear(capture, tunnel)


@pytest.mark.parametrize("protocol", ["tcp", "udp"])
@pytest.mark.parametrize("target", SERVER)
def test_a_node_is_found_by_its_name(suite, tunnel, capture, protocol, target):
    seen = suite.probe("near", protocol, target, 7000)
    assert seen["ok"] and seen["data"] == f"hello from {target}:7000", seen
    capture.__exit__()
    nothing_in_the_clear(capture, tunnel)


def test_the_second_hop_is_looked_up_by_the_first(suite, tunnel, capture):
    seen = suite.probe("far", "tcp", SERVER[1], 7000)
    assert seen["ok"] and seen["data"] == f"hello from {SERVER[1]}:7000", seen
    assert ways(suite)["far"]["address"] == ""
    capture.__exit__()
    nothing_in_the_clear(capture, tunnel)
    assert FAR_NAME not in asked_for(capture, tunnel)


def test_a_server_that_moves_is_followed_within_its_ttl(suite, tunnel, capture):
    assert suite.probe("moving", "tcp", SERVER[0], 7000)["ok"]
    tunnel.end("moving")
    assert not suite.probe("moving", "tcp", SERVER[0], 7000)["ok"]
    tunnel.microsocks("moving", SECOND[0], 1081)
    tunnel.names.move("moving.ways.test", SECOND[0])
    wait_until(lambda: suite.probe("moving", "tcp", SERVER[0], 7000)["ok"], 20, lambda: ways(suite)["moving"])
    assert ways(suite)["moving"]["address"] == f"{SECOND[0]}:1081"
    capture.__exit__()
    nothing_in_the_clear(capture, tunnel)


def test_a_name_that_comes_to_be_makes_its_way_work_by_itself(suite, tunnel):
    assert ways(suite)["nowhere"]["state"] == "failing"
    tunnel.names.move("nowhere.ways.test", FIRST[0])
    wait_until(lambda: ways(suite)["nowhere"]["state"] == "good", 20, lambda: ways(suite)["nowhere"])
    assert suite.probe("nowhere", "tcp", SERVER[0], 7000)["ok"]


def test_a_resolver_that_is_away_takes_no_server_away(suite, tunnel):
    assert suite.probe("six", "tcp", SERVER[0], 7000)["ok"]
    suite.kill("resolver")
    assert suite.probe("six", "tcp", SERVER[0], 7000)["ok"]
    suite.wait_enforcing()


@pytest.mark.parametrize("server", ["vpn.ways.test", "vpn_1.ways.test:1080", "10.9.0.300:1080", "http://vpn.ways.test:1080", "vpn..test:1080"])
def test_check_refuses_what_is_no_host_name(suite, server):
    settings = suite.config / "portreeve.toml"
    good = settings.read_text()
    try:
        settings.write_text(good.replace('"vpn.ways.test:1080"', f'"{server}"'))
        done = suite.command("check", check=False)
        assert done.returncode == 1
        assert re.search(rf'portreeve\.toml:\d+:10: gate\.way\.server "{re.escape(server)}" must be an address or a host name with its port',
                         done.stdout + done.stderr), done
    finally:
        settings.write_text(good)
