# SPDX-License-Identifier: GPL-3.0-or-later
"""The resolver: strays come to it, every record type passes, and policy knows who asked for what."""
import os
import signal

import pytest

from harness.namespaces import HOSTS, NOWHERE, STRAY, wait_until

RULES = """
[[rule]]
name = "reader may read allowed.test"
action = "allow"
process = { path = "$BIN/reader" }
domain = ".allowed.test"

[[rule]]
name = "no one gets forbidden.test"
action = "block"
domain = ".forbidden.test"

[[rule]]
name = "dig may ask"
action = "allow"
process = { name = "dig" }

[[rule]]
name = "anyone's names"
action = "allow"
process = { path = "$BIN/borrower" }
domain = "www.other.test"
names = "any"
"""


def dig(suite, *words):
    return suite.net.inside("dig", "+time=3", "+tries=1", *words, check=False).stdout


@pytest.mark.parametrize("server", STRAY)
@pytest.mark.parametrize("transport", ["+notcp", "+tcp"])
def test_a_query_to_a_stray_server_is_answered_by_the_suites_resolver(suite, server, transport):
    """The stray itself would answer every name with an address where nobody listens."""
    answer = dig(suite, f"@{server}", transport, "+short", "www.allowed.test", "A")
    assert answer.strip() == HOSTS["www.allowed.test"][0], answer
    assert NOWHERE[0] not in answer
    assert suite.mark_of(server, 53, "udp" if transport == "+notcp" else "tcp") == 1799


@pytest.mark.parametrize("server", ["127.0.0.1", "::1"])
@pytest.mark.parametrize("transport", ["+notcp", "+tcp"])
def test_the_resolver_answers_on_its_own_addresses(suite, server, transport):
    assert dig(suite, f"@{server}", transport, "+short", "www.allowed.test", "AAAA").strip() == HOSTS["www.allowed.test"][1]


def test_other_record_types_pass(suite):
    assert "x" * 200 in dig(suite, "@127.0.0.1", "+short", "long.test", "TXT")
    assert "www.allowed.test." in dig(suite, "@127.0.0.1", "+short", "alias.test", "CNAME")


def test_a_name_reached_by_cname_still_names_the_connection(suite):
    suite.rules(RULES + '\n[[rule]]\nname = "by alias"\naction = "allow"\nprocess = { path = "$BIN/aliased" }\ndomain = "alias.test"\n')
    try:
        seen = suite.probe("aliased", "tcp", "alias.test", 80, "--family", 4)
        assert seen["ok"], seen
        assert suite.connections(program="aliased", protocol="tcp")[-1]["domain"] == "alias.test"
    finally:
        suite.rules(RULES)


def test_a_name_that_no_flow_could_have_is_refused_before_it_leaves(suite):
    answer = dig(suite, "@127.0.0.1", "www.forbidden.test", "A")
    assert "NXDOMAIN" in answer, answer
    assert "no one gets forbidden.test" in answer, answer  # the extended error names the rule (RFC 8914)


def test_a_name_belongs_to_who_asked_for_it(suite):
    # `dig` (another program of the same user) asking for it does not name it for a stranger of another user …
    dig(suite, "@127.0.0.1", "www.other.test", "A")
    assert suite.probe("borrower", "tcp", HOSTS["www.other.test"][0], 80, user=65534)["ok"]  # … but names = "any" does
    seen = suite.probe("reader", "tcp", HOSTS["www.allowed.test"][0], 7000, user=65534)
    assert not seen["ok"], seen


def test_a_dead_upstream_is_said_and_not_turned_into_no_such_name(suite):
    os.kill(suite.net.upstream.pid, signal.SIGSTOP)
    try:
        answer = suite.net.inside("dig", "+time=15", "+tries=1", "@127.0.0.1", "fresh.allowed.test", check=False).stdout
        assert "SERVFAIL" in answer, answer
    finally:
        os.kill(suite.net.upstream.pid, signal.SIGCONT)
    wait_until(lambda: HOSTS["www.other.test"][0] in dig(suite, "@127.0.0.1", "+short", "www.other.test"), 15,
               "names work again after the upstream came back")
