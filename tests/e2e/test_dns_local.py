# SPDX-License-Identifier: GPL-3.0-or-later
"""Names of this machine and this network: the hosts file, multicast DNS, names that no server outside learns of, DNS64."""
import sys
import time
from pathlib import Path

import pytest

from harness.namespaces import TESTS, UPSTREAM, wait_until
from harness.suite import Suite

OUTSIDE = "198.51.100.53"  # a server that is not in a private network
SETTINGS = """
[policy]
default = "allow"
"""


def dig(suite, *words):
    return suite.net.inside("dig", "+time=5", "+tries=1", "@127.0.0.1", *words, check=False).stdout


def short(suite, *words):
    return dig(suite, "+short", *words).split()


def dnsmasq(net, address, *options):
    net.outside("ip", "addr", "add", f"{address}/32", "dev", "eth0")
    net.start(net.world, "dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null", "--no-resolv", "--no-hosts", "--bind-interfaces", "--pid-file=",
              "--except-interface=lo", "--user=root", f"--listen-address={address}", *options)
    wait_until(lambda: f"{address}:53" in net.outside("ss", "-Hlun").stdout, 10, "dnsmasq listens")


@pytest.fixture(scope="module")
def hosts(net):
    file = Path(f"/etc/netns/{net.machine}/hosts")
    file.write_text("127.0.0.1 localhost\n192.0.2.7 printer nas.example\n")
    return file


@pytest.fixture
def suite(net, hosts):
    net.resolv_conf(UPSTREAM[0])
    with Suite(net, settings=SETTINGS) as running:
        yield running


def test_the_hosts_file_is_heeded_and_followed_when_it_changes(suite, hosts):
    assert short(suite, "printer") == ["192.0.2.7"]
    assert short(suite, "nas.example") == ["192.0.2.7"]
    assert "ANSWER: 0" in dig(suite, "nas.example", "HTTPS")
    assert short(suite, "-x", "192.0.2.7") == ["printer."]
    hosts.write_text("127.0.0.1 localhost\n192.0.2.8 www.allowed.test\n")
    wait_until(lambda: short(suite, "www.allowed.test") == ["192.0.2.8"], 10, suite.output)
    hosts.write_text("127.0.0.1 localhost\n")
    wait_until(lambda: short(suite, "www.allowed.test") == ["10.9.0.10"], 10, suite.output)


def test_a_name_of_the_link_is_found_by_multicast_and_asked_of_no_server(net, suite):
    responder = net.start(net.world, sys.executable, TESTS / "tools" / "mdns_responder.py", "eth0", "192.0.2.77", "printer.local")
    assert responder.stdout.readline().strip() == "ready"
    assert short(suite, "printer.local") == ["192.0.2.77"]
    assert short(suite, "Printer.LOCAL") == ["192.0.2.77"]
    started = time.monotonic()
    answer = dig(suite, "printer.local", "AAAA")
    assert "status: NOERROR" in answer and "ANSWER: 0" in answer, answer
    print(f"no such record: {time.monotonic() - started:.2f} s")
    assert "status: NXDOMAIN" in dig(suite, "other.local")


def test_names_of_this_network_are_never_told_to_a_server_outside(net, hosts, tmp_path):
    hosts.write_text("127.0.0.1 localhost\n")
    log = tmp_path / "queries"
    tmp_path.chmod(0o777)
    dnsmasq(net, OUTSIDE, "--log-queries", f"--log-facility={log}", "--address=/#/192.0.2.9")
    with Suite(net, settings=SETTINGS + f'[resolver]\nupstreams = ["{OUTSIDE}"]\n') as suite:
        for name in ("printer", "nas.lan", "nas.home.arpa", "host.internal", "gone.local", "x.onion", "x.invalid", "x.alt", "x.test"):
            assert "status: NXDOMAIN" in dig(suite, name), name
        assert "status: NXDOMAIN" in dig(suite, "-x", "192.168.1.1")
        assert "status: NXDOMAIN" in dig(suite, "-x", "fd00::1")
        assert short(suite, "www.example") == ["192.0.2.9"]
    asked = {line.split()[5].lower() for line in log.read_text().splitlines() if "query[" in line}
    # The root's keys are asked for to see whether its answers can be validated.
    assert asked == {"www.example", "."}, asked


def test_where_the_network_translates_names_with_only_ipv4_get_an_address_behind_the_prefix(net, hosts):
    translating, names = "10.9.0.64", "10.9.0.65"
    dnsmasq(net, translating, "--host-record=ipv4only.arpa,192.0.0.170,64:ff9b::c000:aa")
    dnsmasq(net, names, "--local=/allowed.test/", "--host-record=v4.allowed.test,192.0.2.33", "--host-record=w4.allowed.test,192.0.2.34",
            "--host-record=both.allowed.test,192.0.2.35,2001:db8::35")
    net.resolv_conf(translating)
    # The network's servers say how it translates; who is asked for names is another matter.
    with Suite(net, settings=SETTINGS + f'[resolver]\nupstreams = ["{names}"]\n') as suite:
        wait_until(lambda: "reaches IPv4 through 64:ff9b::/96" in suite.output(), 10, suite.output)
        assert short(suite, "both.allowed.test", "AAAA") == ["2001:db8::35"]
        assert short(suite, "v4.allowed.test", "AAAA") == ["64:ff9b::c000:221"]
        assert short(suite, "v4.allowed.test", "A") == ["192.0.2.33"]
        net.resolv_conf(UPSTREAM[0])
        wait_until(lambda: UPSTREAM[0] in suite.output(), 10, suite.output)
        wait_until(lambda: suite.command("dns", "flush") and not short(suite, "w4.allowed.test", "AAAA"), 10, suite.output)
