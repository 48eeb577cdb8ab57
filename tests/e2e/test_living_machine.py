# SPDX-License-Identifier: GPL-3.0-or-later
"""What a living machine does while the suite runs: interfaces come and go, an address comes by DHCP, packets
are large, in pieces, or for many."""
import subprocess
import sys

import pytest

from harness.namespaces import wait_until
from harness.traffic import Asked

PYTHON = "/usr/bin/python3.11"
RULES = """
[[rule]]
name = "app may"
action = "allow"
process = { path = "$BIN/app" }

[[rule]]
name = "each packet of it is asked about"
action = "allow"
once = true
process = { path = "/usr/bin/python3.11" }
port = 7000

[[rule]]
name = "its datagrams may come in"
action = "allow"
direction = "in"
protocol = "udp"
process = { path = "/usr/bin/python3.11" }
port = 7200

[[rule]]
name = "a group may be called"
action = "allow"
process = { path = "/usr/bin/python3.11" }
address = ["239.17.17.17", "ff05::17:17", "10.9.0.255"]
"""
WORLD = {"ipv4": "10.9.0.13", "ipv6": "fd09::13"}


def python(net, code, *words, **more):
    return net.inside(PYTHON, "-c", code, *words, **more)


def test_an_interface_that_comes_is_guarded_and_one_that_goes_takes_nothing_with_it(net, suite):
    suite.wait_enforcing()
    net.inside("ip", "link", "add", "extra0", "type", "veth", "peer", "name", "extra0", "netns", net.world)
    net.inside("ip", "addr", "add", "10.8.0.1/24", "dev", "extra0")
    net.inside("ip", "link", "set", "extra0", "up")
    net.outside("ip", "addr", "add", "10.8.0.2/24", "dev", "extra0")
    net.outside("ip", "link", "set", "extra0", "up")
    server = net.start(net.world, sys.executable, "-c",
                       "import socket\ns = socket.create_server(('10.8.0.2', 7000))\nprint('ready', flush=True)\n"
                       "while True: c, _ = s.accept(); c.sendall(b'hello\\n')")
    assert server.stdout.readline().strip() == "ready"
    assert suite.probe("app", "tcp", "10.8.0.2", 7000)["ok"]
    assert suite.connections(program="app")[-1]["remote"]["address"] == "10.8.0.2"
    assert suite.probe("intruder", "tcp", "10.8.0.2", 7000)["error"] == "EHOSTUNREACH"
    # Gone while packets that would leave by it wait for their verdict.
    spray = Asked(net, net.machine, "spray.py", "10.8.0.2")
    wait_until(lambda: spray.ask() > 200, 10, "packets for it are under way")
    net.inside("ip", "link", "del", "extra0")
    spray.end()
    suite.wait_enforcing()
    assert suite.probe("app", "tcp", "10.9.0.13", 7000)["ok"]
    assert not suite.probe("intruder", "tcp", "10.9.0.13", 7000, "--timeout", 1)["ok"]


@pytest.mark.parametrize("family", WORLD)
def test_segments_of_64_kib_that_are_asked_about_one_by_one_arrive_whole(net, suite, family):
    """The kernel hands large (GSO) packets over whole; none may be lost, doubled or changed."""
    code = ("import socket,sys,threading,hashlib,os\n"
            "s = socket.create_connection((sys.argv[1], 7000), 10)\n"
            "first = s.recv(100)\n"
            "data = os.urandom(1 << 22)\n"
            "threading.Thread(target=lambda: s.sendall(data)).start()\n"
            "got = b''\n"
            "while len(got) < len(data): got += s.recv(1 << 20)\n"
            "print(hashlib.sha256(got).digest() == hashlib.sha256(data).digest())\n")
    before = suite.queued()
    assert python(net, code, WORLD[family], timeout=60).stdout.strip() == "True"
    after = suite.queued()
    out = 17040 if family == "ipv4" else 17060
    packets = after[out] - before[out]
    assert 20 < packets, "each was asked about"
    # 4 MiB in segments of 1,460 bytes would be 2,873, and as many acknowledgements.
    assert packets < 2873, "large packets came up whole"


@pytest.mark.parametrize("family", WORLD)
def test_a_datagram_in_fragments_is_decided_once_and_comes_through_in_both_directions(net, suite, family):
    own = "10.9.0.1" if family == "ipv4" else "fd09::1"
    kind = "AF_INET" if family == "ipv4" else "AF_INET6"
    out = ("import socket,sys\n"
           f"s = socket.socket(socket.{kind}, socket.SOCK_DGRAM); s.settimeout(3)\n"
           "s.sendto(b'x' * 9000, (sys.argv[1], 7000)); print(s.recv(100).decode())")
    assert "hello" in python(net, out, WORLD[family]).stdout
    server = net.start(net.machine, PYTHON, "-c",
                       "import socket\n"
                       f"s = socket.socket(socket.{kind}, socket.SOCK_DGRAM); s.bind(('{own}', 7200)); print('ready', flush=True)\n"
                       "print(len(s.recv(65535)), flush=True)")
    assert server.stdout.readline().strip() == "ready"
    net.outside(PYTHON, "-c", f"import socket; socket.socket(socket.{kind}, socket.SOCK_DGRAM).sendto(b'y' * 9000, ('{own}', 7200))")
    assert server.stdout.readline().strip() == "9000"


GROUPS = {"IPv4 multicast": "239.17.17.17", "IPv6 multicast": "ff05::17:17", "broadcast": "10.9.0.255"}
CALL = ("import socket,sys\n"
        "a = sys.argv[1]\n"
        "s = socket.socket(socket.AF_INET6 if ':' in a else socket.AF_INET, socket.SOCK_DGRAM)\n"
        "s.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)\n"
        "if ':' in a: s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_IF, socket.if_nametoindex('eth0'))\n"
        "for i in range(3): s.sendto(b'call', (a, int(sys.argv[2])))\n"
        # A program that has gone before its packet is looked at stays unnamed.
        "import time; time.sleep(1)\n")


@pytest.mark.parametrize("name", GROUPS)
def test_what_is_for_many_is_decided_like_all_else(net, suite, name):
    target = GROUPS[name]
    capture = Asked(net, net.world, "capture.py", target)
    suite.rules(RULES.replace(target, "192.0.2.1"))
    python(net, CALL, target, 9999, check=False)
    wait_until(lambda: any(c["remote"] == {"address": target, "port": 9999} for c in suite.connections()), 5, suite.connections)
    assert capture.ask()[target] == 0, "no rule allows it"
    suite.rules(RULES)
    python(net, CALL, target, 9998)
    wait_until(lambda: capture.ask()[target] == 3, 5, capture.ask)
    capture.end()


def test_an_address_comes_by_dhcp_and_is_kept_without_a_rule_of_ones_own(net, suite):
    suite.rules("")
    net.inside("ip", "link", "add", "lan0", "type", "veth", "peer", "name", "lan0", "netns", net.world)
    net.outside("ip", "addr", "add", "10.7.0.1/24", "dev", "lan0")
    net.outside("ip", "link", "set", "lan0", "up")
    net.inside("ip", "link", "set", "lan0", "up")
    server = net.start(net.world, "dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null", "--port=0", "--interface=lan0",
                       "--bind-interfaces", "--pid-file=", "--user=root", "--log-facility=/dev/null",
                       "--dhcp-range=10.7.0.50,10.7.0.60,120", "--dhcp-leasefile=/dev/null", "--dhcp-authoritative")
    script = suite.folder / "leased"
    script.write_text("#!/bin/sh\necho \"$1 $ip\"\n[ \"$1\" = bound ] && ip addr add $ip/24 dev $interface\nexit 0\n")
    script.chmod(0o755)
    client = net.start(net.machine, "udhcpc", "-f", "-i", "lan0", "-s", script, "-t", 10, "-T", 1)
    try:
        lines = []

        def said(word):
            lines.append(client.stdout.readline().strip())
            return lines[-1].startswith(word)
        wait_until(lambda: said("bound 10.7.0."), 20, lambda: lines)
        # Renewing goes by an ordinary socket, through the rules.
        subprocess.run(["kill", "-USR1", str(client.pid)], check=True)
        wait_until(lambda: said("renew 10.7.0.") or said("bound 10.7.0."), 20, lambda: lines)
        rows = [c for c in suite.connections(protocol="udp") if c["remote"]["port"] == 67]
        assert rows and all(c["verdict"]["rule"].startswith("DHCP") for c in rows), rows
    finally:
        client.terminate()
        server.terminate()
        net.inside("ip", "link", "del", "lan0", check=False)
        suite.rules(RULES)
