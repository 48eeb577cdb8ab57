# SPDX-License-Identifier: GPL-3.0-or-later
"""Upstreams that hand out no signatures (dnsmasq), and who may speak to the validator."""
import pytest

from harness.namespaces import UPSTREAM, wait_until
from harness.signed_root import SERVER, dig, flags, settings, signed_root
from harness.suite import Suite


@pytest.fixture(scope="module")
def signed(net):
    with signed_root(net) as folder:
        yield folder


def counter(suite, name):
    process = next(p for p in suite.status()["processes"] if p["name"] == "resolver")
    return next(c["value"] for c in process["counters"] if c["name"] == name)


@pytest.fixture
def asking(net, signed, request):
    with Suite(net, settings=settings(signed, UPSTREAM[0], request.param)) as running:
        yield running


@pytest.mark.parametrize("asking", [""], indirect=True)
def test_by_default_its_names_are_given_and_this_is_said(asking):
    assert "10.9.0.10" in dig(asking, "www.allowed.test")
    wait_until(lambda: "dnssec: upstreams do not give the root's keys: their answers are not validated" in asking.output(), 10, asking.output)
    assert counter(asking, "validating") == 0


@pytest.mark.parametrize("asking", ['dnssec = "on"'], indirect=True)
def test_where_validation_is_wanted_nothing_is_given_unvalidated(asking):
    answer = dig(asking, "www.signed")
    assert "status: SERVFAIL" in answer or "status: NXDOMAIN" in answer and "ad" in flags(answer), answer
    assert "10.9.0.10" in dig(asking, "www.allowed.test"), "names of this network alone are not validated"
    wait_until(lambda: "set resolver.dnssec" in asking.output(), 10, asking.output)


def test_nobody_else_may_ask_where_the_validator_asks(net, signed):
    with Suite(net, settings=settings(signed, SERVER)) as suite:
        assert "192.0.2.1" in dig(suite, "www.signed")
        assert counter(suite, "validating") == 1 and counter(suite, "validated") > 0
        answer = suite.net.inside("dig", "+tcp", "+time=2", "+tries=1", "-p", "1753", "@127.0.0.1", "www.signed", check=False).stdout
        assert "192.0.2.1" not in answer, answer
        wait_until(lambda: "was turned away" in suite.output(), 10, suite.output)
        assert "192.0.2.1" in dig(suite, "+cdflag", "www.signed"), "it goes on answering"


def test_where_names_are_found_from_the_root_nothing_is_asked_or_said_of_upstreams(net, signed):
    with Suite(net, settings=settings(signed, "root")) as suite:
        assert "ad" in flags(dig(suite, "+adflag", "www.signed"))
        listening = suite.net.inside("ss", "-Hltn").stdout
        assert ":1753" not in listening, listening
        assert "dnssec: upstreams" not in suite.output(), suite.output()
