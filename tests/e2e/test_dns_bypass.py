# SPDX-License-Identifier: GPL-3.0-or-later
"""The rules that keep programs from finding names past the resolver: as expected, and against real connections."""
import sys

import pytest

from harness.namespaces import TESTS, WORLD, run, wait_until
from harness.suite import COMMAND, REPOSITORY, Suite

RULES = REPOSITORY / "packaging" / "rules" / "20-dns-bypass.toml"
PUBLIC = "9.9.9.9"  # within the namespaces of the test


@pytest.fixture(scope="module")
def suite(net):
    net.outside("ip", "addr", "add", f"{PUBLIC}/32", "dev", "eth0")
    servers = net.start(net.world, sys.executable, TESTS / "tools" / "world.py", PUBLIC, "--", 443, 853)
    assert servers.stdout.readline().strip() == "ready"
    more = net.start(net.world, sys.executable, TESTS / "tools" / "world.py", WORLD[0], "--", 853)
    assert more.stdout.readline().strip() == "ready"
    rules = RULES.read_text().replace('own-dns = [', 'own-dns = ["$BIN/ownresolver", ')
    with Suite(net, rules=rules, default="allow") as running:
        yield running


def test_the_rules_do_what_is_expected_of_them():
    done = run(COMMAND, "test", RULES.with_suffix(".test"), check=False)
    assert done.returncode == 0, done.stdout


def test_dns_over_tls_and_quic_are_blocked(suite):
    assert not suite.probe("browser", "tcp", WORLD[0], 853)["ok"]
    assert not suite.probe("browser", "udp", WORLD[0], 853, "--timeout", 2)["ok"]
    assert suite.connections(program="browser")[-1]["verdict"]["rule"] == "names over TLS and QUIC are found by the resolver"


def test_a_known_address_of_dns_over_https_is_blocked_for_that_alone(suite):
    assert not suite.probe("browser", "tcp", PUBLIC, 443)["ok"]
    assert suite.probe("browser", "tcp", WORLD[0], 443)["ok"]


def test_the_name_of_a_dns_over_https_server_is_not_given_and_the_reason_is_said(suite):
    answer = suite.net.inside("dig", "+time=5", "+tries=1", "@127.0.0.1", "mozilla.cloudflare-dns.com", check=False).stdout
    assert "status: NXDOMAIN" in answer and "names over HTTPS are found by the resolver" in answer, answer


def test_a_program_that_may_find_names_for_itself_is_let_through(suite):
    assert suite.probe("ownresolver", "tcp", PUBLIC, 443)["ok"]
    assert suite.probe("ownresolver", "tcp", WORLD[0], 853)["ok"]


def test_a_question_to_any_server_is_answered_by_the_resolver(suite):
    # Nobody listens there.
    answer = suite.net.inside("dig", "+short", "+time=5", "+tries=1", f"@{PUBLIC}", "www.allowed.test").stdout
    assert answer.strip() == "10.9.0.10"
    wait_until(lambda: "10.9.0.10" in suite.net.inside("dig", "+short", "+tcp", "+time=5", f"@{PUBLIC}", "www.allowed.test").stdout, 10,
               "over TCP, too")
