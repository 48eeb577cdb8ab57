# SPDX-License-Identifier: GPL-3.0-or-later
"""A network with a captive portal: its name server says the portal's address of every name, its web server leads to a login, and the
name servers of the settings are out of reach until somebody has logged in. It has IPv4 alone, IPv6 alone, or both."""
import sys
import threading

import pytest

from harness.namespaces import HOSTS, MACHINE, NOWHERE, STRAY, TESTS, UPSTREAM, WORLD, end, run, wait_until
from harness.suite import Suite

PORTAL, PORTAL6 = NOWHERE  # the stray server says these addresses of every name
LOGIN, PAGE = "login.portal.test", "network-test.debian.org"
NAME = "www.allowed.test"
SETTINGS = """
[policy]
default = "allow"
[resolver]
upstreams = [{}]
{}
"""


class Network:
    def __init__(self, net, families):
        self.net = net
        self.requests = []
        portals = [a for a in NOWHERE if family(a) in families]
        for address in portals:
            run("ip", "-n", net.world, "addr", "add", f"{address}/{prefix(address)}", "dev", "eth0", *nodad(address))
        if "4" not in families:
            run("ip", "-n", net.machine, "addr", "del", f"{MACHINE[0]}/24", "dev", "eth0")
        self.server = net.start(net.world, sys.executable, TESTS / "tools" / "portal.py", *portals)
        assert self.server.stdout.readline().strip() == "ready"
        threading.Thread(target=lambda: self.requests.extend(line.strip() for line in self.server.stdout), daemon=True).start()
        self.gate("-I")
        net.resolv_conf(*[a for a in STRAY if family(a) in families])

    def gate(self, how):
        """Into the world nobody comes: what is asked of the upstream is dropped there."""
        for tables, address in zip(("iptables", "ip6tables"), UPSTREAM):
            for protocol in ("udp", "tcp"):
                self.net.outside(tables, how, "INPUT", "-p", protocol, "-d", address, "-j", "DROP")

    def log_in(self):
        page = self.net.inside("curl", "-s", "-m", "10", f"http://{LOGIN}/login").stdout
        assert page == "welcome\n"
        self.gate("-D")

    def remove(self):
        end(self.server)
        for tables in ("iptables", "ip6tables"):
            self.net.outside(tables, "-F", "INPUT")
        for address in NOWHERE:
            run("ip", "-n", self.net.world, "addr", "del", f"{address}/{prefix(address)}", "dev", "eth0", check=False)
        run("ip", "-n", self.net.machine, "addr", "add", f"{MACHINE[0]}/24", "dev", "eth0", check=False)
        run("ip", "-n", self.net.machine, "route", "add", "default", "via", WORLD[0], check=False)


def family(address):
    return "6" if ":" in address else "4"


def prefix(address):
    return 64 if ":" in address else 24


def nodad(address):
    return ["nodad"] if ":" in address else []


@pytest.fixture
def network(net, request):
    made = Network(net, getattr(request, "param", "4"))
    try:
        yield made
    finally:
        made.remove()


@pytest.fixture
def suite(net, network, request):
    with Suite(net, settings=SETTINGS.format(*request.param)) as running:
        yield running


def upstreams(*servers, more=""):
    return pytest.mark.parametrize("suite", [(", ".join(f'"{s}"' for s in servers), more)], indirect=True, ids=["-".join(servers)], scope="function")


def dig(suite, name, *words):
    return suite.net.inside("dig", "+time=6", "+tries=1", "@127.0.0.1", name, *words, check=False).stdout


def address(suite, name, kind="A"):
    return dig(suite, name, kind, "+short").strip()


def notes(suite):
    return next(p for p in suite.status()["processes"] if p["name"] == "resolver").get("notes", [])


def said(suite):
    return [n for n in notes(suite) if "captive portal" in n]


@upstreams(UPSTREAM[0])
def test_names_of_the_portal_are_had_until_it_lets_people_through_and_no_others(suite, network):
    assert "SERVFAIL" in dig(suite, NAME)
    note = wait_until(lambda: "SERVFAIL" in dig(suite, NAME) and said(suite), 40, lambda: f"the portal is noticed\n{suite.output()}")[0]
    assert LOGIN in note and PAGE in note and "minutes more" in note
    assert note in suite.command("dns", "upstreams").stdout and "captive portal" in suite.output()
    assert address(suite, LOGIN) == PORTAL and address(suite, PAGE) == PORTAL
    assert "SERVFAIL" in dig(suite, "www.other.test"), "what the network says of other names is not given to anybody"
    assert set(network.requests) == {f"{PAGE} /nm"}
    network.log_in()
    wait_until(lambda: not said(suite), 25, lambda: f"the portal has gone\n{suite.output()}")
    wait_until(lambda: address(suite, NAME) == HOSTS[NAME][0], 20, "names are as they were")
    assert address(suite, LOGIN) != PORTAL, "asked as set again"


def over(families):
    return pytest.mark.parametrize("network", [families], indirect=True, ids=["IPv" + "+".join(families)], scope="function")


@over("6")
@upstreams(f"[{UPSTREAM[1]}]")
def test_where_there_is_ipv6_alone_the_portal_is_found_and_left_all_the_same(suite, network):
    wait_until(lambda: dig(suite, NAME, "AAAA") and said(suite), 40, lambda: f"the portal is noticed\n{suite.output()}")
    assert LOGIN in said(suite)[0]
    assert address(suite, LOGIN, "AAAA") == PORTAL6
    assert "SERVFAIL" in dig(suite, "www.other.test", "AAAA")
    assert set(network.requests) == {f"{PAGE} /nm"}
    network.log_in()
    wait_until(lambda: not said(suite), 25, lambda: f"the portal has gone\n{suite.output()}")
    wait_until(lambda: address(suite, NAME, "AAAA") == HOSTS[NAME][1], 20, "names are as they were")


@over("46")
@upstreams("system")
def test_where_it_gives_an_address_of_its_own_in_each_family_neither_is_believed(suite, network):
    for name in "abcd":
        dig(suite, f"www.{name}.test", "A", f"www.{name}.test", "AAAA")
    wait_until(lambda: said(suite), 20, lambda: f"the portal is noticed\n{suite.output()}")
    for kind in ("A", "AAAA"):
        refused = dig(suite, NAME, kind)
        assert "SERVFAIL" in refused and "EDE: 4" in refused, refused
    assert address(suite, LOGIN, "A") == PORTAL and address(suite, LOGIN, "AAAA") == PORTAL6


@over("6")
@upstreams("system", more="refuse_private = true")
def test_the_portal_may_have_a_private_address_of_ipv6(suite, network):
    for name in "abcd":
        dig(suite, f"www.{name}.test", "AAAA")
    wait_until(lambda: said(suite), 20, lambda: f"the portal is noticed\n{suite.output()}")
    assert "EDE: 4" in dig(suite, NAME, "AAAA")
    assert address(suite, PAGE, "AAAA") == PORTAL6


@upstreams("system")
def test_where_the_network_gives_its_own_address_for_every_name_it_is_not_believed(suite, network):
    for name in "abcd":
        dig(suite, f"www.{name}.test")
    wait_until(lambda: said(suite), 20, lambda: f"the portal is noticed\n{suite.output()}")
    refused = dig(suite, NAME)
    assert "SERVFAIL" in refused and "EDE: 4" in refused, refused
    assert address(suite, LOGIN) == PORTAL


@upstreams(UPSTREAM[0], more="refuse_private = true")
def test_the_portal_may_have_a_private_address(suite, network):
    wait_until(lambda: dig(suite, NAME) and said(suite), 40, lambda: f"the portal is noticed\n{suite.output()}")
    assert address(suite, LOGIN) == PORTAL


@upstreams(UPSTREAM[0], more="portal_minutes = 0")
def test_nothing_is_fetched_where_that_is_switched_off(suite, network):
    for _ in range(4):
        assert "SERVFAIL" in dig(suite, NAME)
    assert not said(suite) and not network.requests
    assert address(suite, LOGIN) == ""
