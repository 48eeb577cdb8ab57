# SPDX-License-Identifier: GPL-3.0-or-later
"""Names found from the root, after nobody could be reached for a while."""
import time

import pytest

from harness.namespaces import wait_until
from harness.signed_root import SERVER, dig, settings, signed_root
from harness.suite import Suite

OUTAGE = 60  # seconds, after which libunbound by itself would not ask the root again for a quarter of a minute


@pytest.fixture
def suite(net):
    with signed_root(net) as signed, Suite(net, settings=settings(signed, "root")) as running:
        yield running


def unreachable(net, how):
    for protocol in ("udp", "tcp"):
        net.outside("iptables", how, "INPUT", "-p", protocol, "--dport", "53", "-d", SERVER, "-j", "DROP")


def test_names_are_found_again_soon_however_often_they_were_asked_for_in_vain(suite, net):
    assert "192.0.2.1" in dig(suite, "www.signed")
    unreachable(net, "-I")
    try:
        end = time.monotonic() + OUTAGE
        while time.monotonic() < end:
            net.inside("dig", "+time=1", "+tries=1", "@127.0.0.1", f"n{end - time.monotonic():.0f}.signed", check=False)
        assert "status: SERVFAIL" in dig(suite, "unknown.signed")
    finally:
        unreachable(net, "-D")
    names = iter(range(1000))
    wait_until(lambda: "status: NXDOMAIN" in dig(suite, f"back{next(names)}.signed"), 8, "names are found again")
