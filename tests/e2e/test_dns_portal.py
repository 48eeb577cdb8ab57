# SPDX-License-Identifier: GPL-3.0-or-later
"""A network with a captive portal: its name server says the portal's address of every name, its web server leads to a login, and the
name servers of the settings are out of reach until somebody has logged in."""
import sys
import threading

import pytest

from harness.namespaces import HOSTS, NOWHERE, STRAY, TESTS, UPSTREAM, end, run, wait_until
from harness.suite import Suite

PORTAL = NOWHERE[0]  # the stray server says that address of every name
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
    def __init__(self, net):
        self.net = net
        self.requests = []
        run("ip", "-n", net.world, "addr", "add", f"{PORTAL}/24", "dev", "eth0")
        self.server = net.start(net.world, sys.executable, TESTS / "tools" / "portal.py", PORTAL)
        assert self.server.stdout.readline().strip() == "ready"
        threading.Thread(target=lambda: self.requests.extend(line.strip() for line in self.server.stdout), daemon=True).start()
        self.gate("-I")
        net.resolv_conf(STRAY[0])

    def gate(self, how):
        """Into the world nobody comes: what is asked of the upstream is dropped there."""
        for protocol in ("udp", "tcp"):
            self.net.outside("iptables", how, "INPUT", "-p", protocol, "-d", UPSTREAM[0], "-j", "DROP")

    def log_in(self):
        page = self.net.inside("curl", "-s", "-m", "10", f"http://{LOGIN}/login").stdout
        assert page == "welcome\n"
        self.gate("-D")

    def remove(self):
        end(self.server)
        self.net.outside("iptables", "-F", "INPUT")
        run("ip", "-n", self.net.world, "addr", "del", f"{PORTAL}/24", "dev", "eth0")


@pytest.fixture
def network(net):
    made = Network(net)
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


def address(suite, name):
    return dig(suite, name, "+short").strip()


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
