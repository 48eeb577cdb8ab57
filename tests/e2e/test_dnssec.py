# SPDX-License-Identifier: GPL-3.0-or-later
"""Names found from a signed root of the test's own (knot): valid, forged, unsigned; AD, CD and DO."""
import os
import shutil
from pathlib import Path

import pytest

from harness.namespaces import WORLD, wait_until
from harness.suite import Suite

SERVER = WORLD[0]
SOA = "@ IN SOA ns. admin. 1 3600 900 86400 5\n@ IN NS ns.\n"
ZONES = {
    "root": ("$ORIGIN .\n$TTL 60\n. IN SOA ns. admin. 1 3600 900 86400 5\n. IN NS ns.\n"
             f"ns. IN A {SERVER}\nwww.signed. IN A 192.0.2.1\nplain. IN NS ns.\n"
             f"forged. IN NS ns.\nforged. IN DS 12345 13 2 {'00' * 32}\n"),
    "forged": "$ORIGIN forged.\n$TTL 60\n" + SOA + "www IN A 192.0.2.3\n",
    "plain": "$ORIGIN plain.\n$TTL 60\n" + SOA + "www IN A 192.0.2.2\n",
}


@pytest.fixture(scope="module")
def suite(net):
    folder = Path(f"/var/tmp/portreeve-dnssec-{os.getpid()}")
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "keys").mkdir(parents=True)
    folder.chmod(0o755)
    for name, text in ZONES.items():
        (folder / f"{name}.zone").write_text(text)
    (folder / "knot.conf").write_text(f"""
server:
  listen: {SERVER}@53
  rundir: "{folder}"
  user: root:root
database:
  storage: "{folder}/keys"
policy:
  - id: one
    algorithm: ecdsap256sha256
    single-type-signing: on
template:
  - id: default
    storage: "{folder}"
    zonefile-sync: -1
    journal-content: none
zone:
  - domain: .
    file: root.zone
    dnssec-signing: on
    dnssec-policy: one
  - domain: forged.
    file: forged.zone
    dnssec-signing: on
    dnssec-policy: one
  - domain: plain.
    file: plain.zone
""")
    net.start(net.world, "knotd", "-c", folder / "knot.conf")

    def keys():
        return net.outside("dig", "+short", "+time=1", "+tries=1", f"@{SERVER}", ".", "DNSKEY", check=False).stdout.strip()

    wait_until(lambda: keys().startswith("257 "), 15, "the root is signed")
    (folder / "root.key").write_text("".join(f". IN DNSKEY {key}\n" for key in keys().splitlines()))
    (folder / "root.hints").write_text(f". 3600 IN NS ns.\nns. 3600 IN A {SERVER}\n")
    settings = f"""
[policy]
default = "allow"
[resolver]
upstreams = ["root"]
root_anchor = "{folder}/root.key"
root_hints = "{folder}/root.hints"
"""
    with Suite(net, settings=settings) as running:
        yield running
    shutil.rmtree(folder, ignore_errors=True)


def dig(suite, *words):
    return suite.net.inside("dig", "+time=5", "+tries=1", "@127.0.0.1", *words, check=False).stdout


def flags(answer):
    return answer.split("flags: ")[1].split(";")[0].split()


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
