# SPDX-License-Identifier: GPL-3.0-or-later
"""A signed DNS root of the tests' own, served by knot: valid, forged and unsigned names."""
import os
import shutil
from contextlib import contextmanager
from pathlib import Path

from harness.namespaces import WORLD, wait_until

SERVER = WORLD[0]
SOA = "@ IN SOA ns. admin. 1 3600 900 86400 5\n@ IN NS ns.\n"
ZONES = {
    "root": ("$ORIGIN .\n$TTL 60\n. IN SOA ns. admin. 1 3600 900 86400 5\n. IN NS ns.\n"
             f"ns. IN A {SERVER}\nwww.signed. IN A 192.0.2.1\nplain. IN NS ns.\n"
             f"forged. IN NS ns.\nforged. IN DS 12345 13 2 {'00' * 32}\n"),
    "forged": "$ORIGIN forged.\n$TTL 60\n" + SOA + "www IN A 192.0.2.3\n",
    "plain": "$ORIGIN plain.\n$TTL 60\n" + SOA + "www IN A 192.0.2.2\n",
}


def serve_root(net, folder, nameserver):
    """Starts knot by the folder's knot.conf; the root's key, once it is signed, and hints are there afterwards."""
    net.start(net.world, "knotd", "-c", folder / "knot.conf")

    def keys():
        return net.outside("dig", "+short", "+time=1", "+tries=1", f"@{SERVER}", ".", "DNSKEY", check=False).stdout.strip()

    wait_until(lambda: keys().startswith("257 "), 15, "the root is signed")
    (folder / "root.key").write_text("".join(f". IN DNSKEY {key}\n" for key in keys().splitlines()))
    (folder / "root.hints").write_text(f". 3600 IN NS {nameserver}\n{nameserver} 3600 IN A {SERVER}\n")


@contextmanager
def signed_root(net):
    """The folder with the root's key and hints."""
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
    serve_root(net, folder, "ns.")
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


def settings(signed, upstream, more=""):
    return f"""
[policy]
default = "allow"
[resolver]
upstreams = ["{upstream}"]
root_anchor = "{signed}/root.key"
root_hints = "{signed}/root.hints"
{more}
"""


def dig(suite, *words):
    return suite.net.inside("dig", "+time=5", "+tries=1", "@127.0.0.1", *words, check=False).stdout


def flags(answer):
    return answer.split("flags: ")[1].split(";")[0].split()
