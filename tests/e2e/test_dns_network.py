# SPDX-License-Identifier: GPL-3.0-or-later
"""Name servers that the network gave: resolv.conf, systemd-resolved and NetworkManager over a real message bus; loops."""
import json
import os

import pytest

from harness.message_bus import MessageBus
from harness.namespaces import NOWHERE, STRAY, UPSTREAM, wait_until
from harness.suite import Suite

NAME = "www.allowed.test"
ADDRESS = "10.9.0.10"
SETTINGS = """
[policy]
default = "allow"
"""


def dig(suite, *words):
    return suite.net.inside("dig", "+time=5", "+tries=1", "@127.0.0.1", *words, check=False).stdout


def upstreams(suite):
    lines = suite.command("dns", "upstreams", "--json").stdout.splitlines()
    return {(u.get("zone", ""), u["server"], u["origin"]) for u in map(json.loads, lines)}


def becomes(suite, expected):
    wait_until(lambda: upstreams(suite) == expected, 15, lambda: f"{expected}; there are {upstreams(suite)}\n{suite.output()}")


@pytest.fixture
def bus(monkeypatch):
    with MessageBus() as running:
        monkeypatch.setitem(os.environ, "DBUS_SYSTEM_BUS_ADDRESS", running.environment["DBUS_SYSTEM_BUS_ADDRESS"])
        yield running


@pytest.fixture
def suite(net):
    net.resolv_conf(UPSTREAM[0])
    with Suite(net, settings=SETTINGS) as running:
        yield running


@pytest.fixture
def on_bus(net, bus):
    """A suite that finds a message bus; on it, nobody yet."""
    net.resolv_conf(UPSTREAM[0])
    with Suite(net, settings=SETTINGS) as running:
        yield running


def test_the_servers_of_resolv_conf_are_asked_and_followed_when_it_changes(net, suite):
    becomes(suite, {("", f"udp://{UPSTREAM[0]}", "/etc/resolv.conf")})
    assert dig(suite, "+short", NAME).strip() == ADDRESS
    net.resolv_conf("127.0.0.1", STRAY[0])  # the first is ourselves
    becomes(suite, {("", f"udp://{STRAY[0]}", "/etc/resolv.conf")})
    # What another network's server said is not given any more.
    assert dig(suite, "+short", NAME).strip() == NOWHERE[0]


def test_a_resolv_conf_that_names_only_us_leads_to_the_root_and_not_to_ourselves(net, suite):
    net.resolv_conf("127.0.0.1", "::1")
    becomes(suite, set())
    shown = suite.command("dns", "upstreams").stdout
    assert "from the root" in shown, shown


def test_a_server_of_this_machine_that_asks_us_in_turn_is_found_and_left_aside(net, suite):
    # It asks the stray server, and the kernel turns that question to us.
    net.start(net.machine, "dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null", "--no-resolv", "--no-hosts", "--bind-interfaces",
              "--listen-address=127.0.0.2", f"--server={STRAY[0]}", "--pid-file=", "--user=root", "--log-facility=/dev/null")
    wait_until(lambda: "127.0.0.2:53" in net.inside("ss", "-Hlun").stdout, 10, "dnsmasq listens")
    net.resolv_conf("127.0.0.2", UPSTREAM[0])
    wait_until(lambda: "asks this resolver in turn" in suite.command("dns", "upstreams").stdout or
               upstreams(suite) == {("", f"udp://{UPSTREAM[0]}", "/etc/resolv.conf")}, 10, suite.output)
    net.resolv_conf("127.0.0.2")
    wait_until(lambda: "asks this resolver in turn" in suite.command("dns", "upstreams").stdout, 10, suite.output)
    assert "asks this resolver in turn" in suite.output()


def test_resolved_tells_its_servers_link_by_link_and_when_they_change(net, bus, on_bus):
    eth0 = int(net.inside("cat", "/sys/class/net/eth0/ifindex").stdout)
    becomes(on_bus, {("", f"udp://{UPSTREAM[0]}", "/etc/resolv.conf")})
    resolved = bus.service("resolved", {"links": [{"index": eth0, "servers": [STRAY[0], STRAY[1]]}]})
    becomes(on_bus, {("", f"udp://{STRAY[0]}", "systemd-resolved, eth0"), ("", f"udp://[{STRAY[1]}]", "systemd-resolved, eth0")})
    assert dig(on_bus, "+short", NAME).strip() == NOWHERE[0]
    # A VPN comes: its names are asked for there, and only its names.
    resolved.become({"links": [{"index": eth0, "servers": [STRAY[0]]},
                               {"index": 1, "servers": [UPSTREAM[0]], "domains": [["allowed.test", True]], "default": False}]})
    becomes(on_bus, {("allowed.test", f"udp://{UPSTREAM[0]}", "systemd-resolved, lo"), ("", f"udp://{STRAY[0]}", "systemd-resolved, eth0")})
    assert dig(on_bus, "+short", NAME).strip() == ADDRESS
    assert dig(on_bus, "+short", "www.blocked.test").strip() == NOWHERE[0]
    # It goes, and so does what it said.
    resolved.become({"links": [{"index": eth0, "servers": [STRAY[0]]}]})
    becomes(on_bus, {("", f"udp://{STRAY[0]}", "systemd-resolved, eth0")})
    assert dig(on_bus, "+short", NAME).strip() == NOWHERE[0]
    resolved.become(None)
    becomes(on_bus, {("", f"udp://{UPSTREAM[0]}", "/etc/resolv.conf")})


def test_a_link_that_takes_everything_is_asked_alone(net, bus, on_bus):
    eth0 = int(net.inside("cat", "/sys/class/net/eth0/ifindex").stdout)
    bus.service("resolved", {"links": [{"index": eth0, "servers": [STRAY[0]]},
                                       {"index": 1, "servers": [UPSTREAM[0]], "domains": [[".", True]], "default": False}]})
    becomes(on_bus, {("", f"udp://{UPSTREAM[0]}", "systemd-resolved, lo")})
    assert dig(on_bus, "+short", NAME).strip() == ADDRESS


def test_a_link_local_server_is_asked_through_its_link(net, bus, on_bus):
    eth0 = int(net.inside("cat", "/sys/class/net/eth0/ifindex").stdout)
    shown = net.outside("ip", "-j", "-6", "addr", "show", "dev", "eth0", "scope", "link").stdout
    local = next(a["local"] for link in json.loads(shown) for a in link.get("addr_info", []) if "local" in a)
    net.start(net.world, "dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null", "--no-resolv", "--no-hosts", "--bind-interfaces", "--pid-file=",
              "--except-interface=lo", "--user=root", f"--listen-address={local}", "--host-record=www.linklocal.test,192.0.2.77")
    wait_until(lambda: f"[{local}]%eth0:53" in net.outside("ss", "-Hlun").stdout, 10, lambda: net.outside("ss", "-Hlun").stdout)
    bus.service("resolved", {"links": [{"index": eth0, "servers": [local]}]})
    becomes(on_bus, {("", f"udp://[{local}%eth0]", "systemd-resolved, eth0")})
    assert dig(on_bus, "+short", "www.linklocal.test").strip() == "192.0.2.77"


def test_networkmanager_tells_its_servers_and_a_vpn_takes_its_own_names(net, bus, on_bus):
    lan = {"nameservers": [STRAY[0]], "domains": ["allowed.test"], "interface": "eth0"}
    manager = bus.service("manager", [lan])
    # A domain that the network's operator hands out makes no zone.
    becomes(on_bus, {("", f"udp://{STRAY[0]}", "NetworkManager, eth0")})
    manager.become([lan, {"nameservers": [UPSTREAM[0]], "domains": ["allowed.test"], "interface": "tun0", "priority": 50, "vpn": True}])
    becomes(on_bus, {("allowed.test", f"udp://{UPSTREAM[0]}", "NetworkManager, tun0"), ("", f"udp://{STRAY[0]}", "NetworkManager, eth0")})
    assert dig(on_bus, "+short", NAME).strip() == ADDRESS
    manager.become([lan, {"nameservers": [UPSTREAM[0]], "interface": "tun0", "priority": -5, "vpn": True}])
    becomes(on_bus, {("", f"udp://{UPSTREAM[0]}", "NetworkManager, tun0")})


def test_a_bus_that_goes_and_comes_again_is_heard_again(net, bus, on_bus):
    bus.service("manager", [{"nameservers": [STRAY[0]], "interface": "eth0"}])
    becomes(on_bus, {("", f"udp://{STRAY[0]}", "NetworkManager, eth0")})
    bus.stop()
    becomes(on_bus, {("", f"udp://{UPSTREAM[0]}", "/etc/resolv.conf")})
    bus.start()
    bus.service("manager", [{"nameservers": [STRAY[1]], "interface": "eth0"}])
    becomes(on_bus, {("", f"udp://[{STRAY[1]}]", "NetworkManager, eth0")})


def test_zones_of_the_settings_go_to_their_servers(net):
    net.resolv_conf(STRAY[0])
    zones = f'[resolver.zones]\n"allowed.test" = ["{UPSTREAM[0]}"]\n'
    with Suite(net, settings=SETTINGS + zones) as suite:
        becomes(suite, {("allowed.test", f"udp://{UPSTREAM[0]}", "settings"), ("", f"udp://{STRAY[0]}", "/etc/resolv.conf")})
        assert dig(suite, "+short", NAME).strip() == ADDRESS
        assert dig(suite, "+short", "www.other.test").strip() == NOWHERE[0]
