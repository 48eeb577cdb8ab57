# SPDX-License-Identifier: GPL-3.0-or-later
"""The resolver where the settings say that it listens, beside a program that holds port 53 of all addresses."""
import pytest

from harness.lying_dnsmasq import lying_dnsmasq
from harness.namespaces import HOSTS, STRAY, UPSTREAM
from harness.suite import Suite

NAME = "www.allowed.test"
SETTINGS = f"""
[policy]
default = "allow"
[resolver]
upstreams = ["{UPSTREAM[0]}"]
listen = ["127.0.0.53:5300"]
"""


@pytest.fixture(scope="module")
def suite(net):
    with lying_dnsmasq(net), Suite(net, settings=SETTINGS) as running:
        yield running


@pytest.mark.parametrize("server", ["127.0.0.1", STRAY[0]])
def test_questions_to_any_server_come_there(suite, server):
    answer = suite.net.inside("dig", "+short", "+time=3", "+tries=1", f"@{server}", NAME, check=False).stdout
    assert answer.split() == [HOSTS[NAME][0]], "the one who holds the port would have lied"


def test_nobody_is_said_to_be_in_the_way(suite):
    resolver = next(p for p in suite.status()["processes"] if p["name"] == "resolver")
    assert not resolver.get("notes") and "is held by" not in suite.output()
