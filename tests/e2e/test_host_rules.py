# SPDX-License-Identifier: GPL-3.0-or-later
"""The machine has a firewall of its own: with host_rules = "respect" what it denies stays denied; with "bypass" what
portreeve allows passes its iptables rules, and `up` and `status` say that it does."""
import subprocess

import pytest

from harness.namespaces import UPSTREAM, wait_until
from harness.suite import Suite
from harness.traffic import Leaks
from harness.ufw import Ufw

SETTINGS = """
[policy]
default = "block"
[resolver]
upstreams = ["%s"]
[interceptor]
host_rules = "%s"
"""
RULES = """
[[rule]]
name = "app may"
action = "allow"
process = { path = "$BIN/app" }
[[rule]]
name = "the server may be reached"
action = "allow"
direction = "in"
port = [7100, 7101]
"""
SERVER = ("import socket,sys\n"
          "s = socket.create_server(('::', int(sys.argv[1])), family=socket.AF_INET6, dualstack_ipv6=True)\n"
          "print('ready', flush=True)\n"
          "while True:\n"
          "    c, _ = s.accept(); c.sendall(b'hello\\n'); c.close()\n")
ADDRESSES = ["10.9.0.13", "fd09::13"]
OWN = ["10.9.0.1", "fd09::1"]


def settings(host_rules):
    return SETTINGS % (UPSTREAM[0], host_rules)


@pytest.fixture(scope="module")
def servers(net):
    for port in (7100, 7101):
        process = net.start(net.machine, "/usr/bin/python3", "-c", SERVER, port)
        assert process.stdout.readline().strip() == "ready"


def reached(suite, address, port):
    """From the world, is the machine's server reached?"""
    return suite.probe("visitor", "tcp", address, port, "--timeout", 1, namespace=suite.net.world)["ok"]


def notes(suite):
    return [note for process in suite.status()["processes"] for note in process["notes"]]


def configure(ufw):
    ufw("default", "deny", "incoming")
    ufw("default", "allow", "outgoing")
    ufw("deny", "out", "443/tcp")
    ufw("allow", "in", "7100/tcp")
    ufw("enable")


@pytest.mark.parametrize("first", ["ufw", "portreeve"])
def test_with_respect_ufw_still_denies_what_it_denies(net, servers, first):
    with Ufw(net) as ufw:
        if first == "ufw":
            configure(ufw)
        with Suite(net, RULES, settings=settings("respect")) as suite:
            if first == "portreeve":
                configure(ufw)
            for address, own in zip(ADDRESSES, OWN):
                assert suite.probe("app", "tcp", address, 7000)["ok"]
                assert not suite.probe("app", "tcp", address, 443, "--timeout", 1)["ok"], "ufw denies it"
                assert reached(suite, own, 7100)
                assert not reached(suite, own, 7101), "ufw denies it"
            # Ours still decides, and its refusal is heard through ufw's chains.
            assert suite.probe("intruder", "tcp", ADDRESSES[0], 7000)["error"] == "EHOSTUNREACH"
            assert suite.probe("intruder", "tcp", ADDRESSES[1], 7000)["error"] == "EACCES"
            assert not any("host_rules" in note for note in notes(suite))
            held = suite.hold("app", "tcp", ADDRESSES[0], 7000)

            with Leaks(net) as leaks:
                ufw("reload")
                ufw("disable")
                ufw("enable")
            assert leaks.sent > 100 and leaks.count == 0, leaks.seen
            suite.wait_enforcing()
            assert held.say()["ok"]
            held.close()
            wait_until(lambda: suite.probe("app", "tcp", ADDRESSES[0], 7000)["ok"], 5, "all is as before")
            assert not suite.probe("app", "tcp", ADDRESSES[0], 443, "--timeout", 1)["ok"], "ufw denies it"


def test_with_bypass_what_portreeve_allows_passes_ufw_and_this_is_said(net, servers):
    with Ufw(net) as ufw:
        configure(ufw)
        with Suite(net, RULES, settings=settings("bypass")) as suite:
            for address, own in zip(ADDRESSES, OWN):
                assert suite.probe("app", "tcp", address, 443)["ok"]
                assert reached(suite, own, 7101)
                assert not suite.probe("intruder", "tcp", address, 7000, "--timeout", 1)["ok"]
            assert 'host_rules = "respect"' in suite.output()
            told = notes(suite)
            assert any(n.startswith("IPv4: ") and 'host_rules = "respect"' in n for n in told), told
            assert any(n.startswith("IPv6: ") and 'host_rules = "respect"' in n for n in told), told
            assert 'host_rules = "respect"' in suite.command("status").stdout


def test_a_host_firewall_that_comes_later_is_said_by_status(net):
    with Suite(net, RULES, settings=settings("bypass")) as suite:
        assert notes(suite) == []
        net.inside("iptables", "-A", "INPUT", "-p", "tcp", "--dport", "22", "-j", "DROP")
        try:
            wait_until(lambda: any("-A INPUT -p tcp -m tcp --dport 22 -j DROP" in n for n in notes(suite)), 7, lambda: notes(suite))
        finally:
            net.inside("iptables", "-D", "INPUT", "-p", "tcp", "--dport", "22", "-j", "DROP")
        wait_until(lambda: notes(suite) == [], 7, lambda: notes(suite))


HOST_TABLE = """
table inet host {
  chain out {
    type filter hook output priority 0; policy accept;
    tcp dport 443 drop
  }
  chain in {
    type filter hook input priority 0; policy drop;
    iif lo accept
    ct state established,related accept
    meta l4proto ipv6-icmp accept
    tcp dport 7100 accept
  }
}
"""


@pytest.mark.parametrize("host_rules", ["respect", "bypass"])
@pytest.mark.parametrize("first", ["nft", "portreeve"])
def test_a_plain_nftables_table_has_its_say_in_either_case(net, servers, host_rules, first):
    def load():
        subprocess.run(["ip", "netns", "exec", net.machine, "nft", "-f", "-"], input=HOST_TABLE, text=True, check=True)

    if first == "nft":
        load()
    try:
        with Suite(net, RULES, settings=settings(host_rules)) as suite:
            if first == "portreeve":
                load()
            listed = net.inside("nft", "list", "table", "inet", "host").stdout
            for address, own in zip(ADDRESSES, OWN):
                assert suite.probe("app", "tcp", address, 7000)["ok"]
                assert not suite.probe("app", "tcp", address, 443, "--timeout", 1)["ok"]
                assert reached(suite, own, 7100) and not reached(suite, own, 7101)
            assert suite.probe("intruder", "tcp", ADDRESSES[0], 7000)["error"] == "EHOSTUNREACH"
            assert notes(suite) == []
        assert net.inside("nft", "list", "table", "inet", "host").stdout == listed
    finally:
        net.inside("nft", "delete", "table", "inet", "host")
