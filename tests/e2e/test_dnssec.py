# SPDX-License-Identifier: GPL-3.0-or-later
"""Names of a signed root of the test's own: valid, forged, unsigned; AD, CD and DO. Found from the root, and by asking an upstream
whose answers are validated here."""
import pytest

from harness.signed_root import SERVER, dig, flags, settings, signed_root
from harness.suite import Suite


@pytest.fixture(scope="module")
def signed(net):
    with signed_root(net) as folder:
        yield folder


@pytest.fixture(scope="module", params=["root", SERVER, f"tcp://{SERVER}"])
def suite(net, signed, request):
    with Suite(net, settings=settings(signed, request.param)) as running:
        yield running


def test_a_signed_name_is_validated_and_said_to_be_for_who_asks(suite):
    answer = dig(suite, "+adflag", "www.signed")
    assert "192.0.2.1" in answer and "ad" in flags(answer), answer
    assert "ad" not in flags(dig(suite, "+noadflag", "www.signed"))
    signed = dig(suite, "+dnssec", "www.signed")
    assert "RRSIG" in signed and "ad" in flags(signed), signed
    assert "RRSIG" not in answer


def test_that_a_name_does_not_exist_is_validated_too(suite):
    answer = dig(suite, "+dnssec", "none.signed")
    assert "status: NXDOMAIN" in answer and "ad" in flags(answer) and "NSEC" in answer, answer


def test_a_forged_name_is_refused_with_the_reason_unless_the_client_validates_itself(suite):
    answer = dig(suite, "www.forged")
    assert "status: SERVFAIL" in answer, answer
    assert "EDE: 6" in answer, answer
    assert "192.0.2.3" in dig(suite, "+cdflag", "www.forged")
    shown = suite.json("dns", "query", "www.forged", check=False)
    assert shown["rcode"] == "SERVFAIL" and shown["reason"], shown


def test_an_unsigned_zone_below_a_signed_one_is_answered_and_not_called_validated(suite):
    answer = dig(suite, "+adflag", "www.plain")
    assert "192.0.2.2" in answer and "ad" not in flags(answer), answer
