# SPDX-License-Identifier: GPL-3.0-or-later
"""Another program holds the resolver's port: it is named, and the resolver works elsewhere. A dnsmasq that lies is that program."""
import json
from pathlib import Path

import pytest

from harness.lying_dnsmasq import lying_dnsmasq
from harness.namespaces import HOSTS, wait_until
from harness.suite import Suite

NAME = "www.allowed.test"
HOLDERS = {  # what dnsmasq holds: (its options, where the resolver is then)
    "127.0.0.1": (["--bind-interfaces", "--listen-address=127.0.0.1"], ["127.0.0.17:53", "[::1]:53"]),
    "both loopback addresses": (["--bind-interfaces", "--listen-address=127.0.0.1", "--listen-address=::1"],
                                ["127.0.0.17:53", "[::1]:1053"]),
    "all addresses": ([], ["127.0.0.17:1053", "[::1]:1053"]),
}


@pytest.fixture(scope="module", params=HOLDERS, ids=lambda held: held.replace(" ", "-"))
def place(net, request):
    """The suite beside a dnsmasq, and where its resolver has to be."""
    options, listen = HOLDERS[request.param]
    with lying_dnsmasq(net, *options) as holder, Suite(net, default="allow") as suite:
        suite.holder, suite.listen = holder, listen
        yield suite


def asked(suite, server, *words):
    return suite.net.inside("dig", "+short", "+time=3", "+tries=1", f"@{server}", NAME, *words, check=False).stdout.split()


@pytest.mark.parametrize("server", ["127.0.0.1", "::1", "10.9.0.54", "fd09::54"])
@pytest.mark.parametrize("transport", ["+notcp", "+tcp"])
def test_a_question_to_any_server_is_answered_by_the_resolver(place, server, transport):
    assert asked(place, server, transport) == [HOSTS[NAME][0]], "the one who holds the port would have lied"


def test_the_asking_program_is_known_and_reaches_what_it_was_told(place):
    assert place.probe("browser", "tcp", NAME, 7000)["ok"]
    log = [json.loads(line) for line in place.command("dns", "log", "--json").stdout.splitlines()]
    assert {q["name"] for q in log if Path(q["program"]).name == "browser"} == {NAME}, log
    assert place.connections(program="browser")[-1]["domain"] == NAME


def test_status_doctor_and_dns_upstreams_name_the_holder_and_say_where_the_resolver_listens(place):
    resolver = next(p for p in place.status()["processes"] if p["name"] == "resolver")
    for text in (resolver["notes"][0], place.command("status").stdout, place.command("dns", "upstreams").stdout):
        assert "dnsmasq" in text and f"pid {place.holder.pid}" in text, text
        assert all(address in text for address in place.listen), text
    lines = place.command("doctor", "--json", check=False).stdout.splitlines()
    findings = [f for f in map(json.loads, lines) if f["subject"] == "port 53"]
    assert findings and all(f["severity"] == "note" and "dnsmasq" in f["what"] for f in findings), findings
    assert any(place.listen[0] in f["what"] for f in findings), findings


def test_up_says_it_at_once(place):
    assert "is held by dnsmasq" in place.output() and f"listens on {place.listen[0]} instead" in place.output()


def test_replay_makes_of_a_question_to_the_holder_what_was_made_of_it(place):
    asked(place, "127.0.0.1")
    to_holder = [r for r in place.connections(protocol="udp", direction="out")
                 if (r["remote"]["address"], r["remote"]["port"]) == ("127.0.0.1", 53) and r["verdict"]["action"] == "nameserver"]
    assert to_holder, place.connections()
    outcome = wait_until(lambda: (o := place.json("replay", "--since", "1h"))["connections"] >= len(place.connections()) and o, 10, "all is recorded")
    assert outcome["changed"] == 0, outcome


def test_an_expectation_about_the_holder_is_not_met_by_the_rule_for_the_suites_resolver(place, tmp_path):
    file = tmp_path / "questions.test"
    flow = '{ remote = "127.0.0.1", protocol = "udp", port = 53 }'
    rule = "questions to other name servers come to the suite's resolver"
    file.write_text(f'[[expect]]\nname = "it is turned"\nflow = {flow}\nrule = "{rule}"\n')
    assert "ok 1 - it is turned" in place.command("test", file).stdout
