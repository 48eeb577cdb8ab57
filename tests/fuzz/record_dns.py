#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Records the DNS corpora of tests/fuzz anew: questions, and what knot and unbound answer them, in network
namespaces of its own. As root. What no sound program sends (loops of compression, false lengths) is made of these by hand.

dns-message           questions and answers, one a file
dns-answer-cache      answers as on TCP: length and message, again and again
dns-tcp-connection    a client's stream behind one octet (how it is cut)
dns-stream-transport  an upstream's stream behind one octet; ids 0 and 1 stand for the two questions
"""
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from harness.namespaces import WORLD, Namespaces, run_tag, wait_until  # noqa: E402
from harness.signed_root import serve_root  # noqa: E402

CORPUS = Path(__file__).resolve().parent / "corpus"
KNOT, UNBOUND = (WORLD[0], 53), (WORLD[0], 5300)
TYPES = {"A": 1, "NS": 2, "CNAME": 5, "SOA": 6, "MX": 15, "TXT": 16, "AAAA": 28, "SRV": 33, "NAPTR": 35, "DNSKEY": 48,
         "HTTPS": 65, "SVCB": 64, "TYPE65280": 65280, "ANY": 255, "AXFR": 252, "PTR": 12}
ZONE = """$ORIGIN .
$TTL 300
. IN SOA ns.test. admin.test. 1 3600 900 86400 5
. IN NS ns.test.
ns.test. IN A 10.9.0.2
a.test. 60 IN A 192.0.2.1
a.test. 60 IN A 192.0.2.2
a.test. IN AAAA 2001:db8::1
b.test. IN A 192.0.2.3
one.test. 30 IN CNAME two.test.
two.test. 20 IN CNAME three.test.
three.test. 10 IN CNAME a.test.
circle.test. IN CNAME round.test.
round.test. IN CNAME circle.test.
svc.test. IN HTTPS 1 . alpn=h2,h3 ipv4hint=192.0.2.4,192.0.2.5 ipv6hint=2001:db8::4
alias.test. IN HTTPS 0 svc.test.
_dns.test. IN SVCB 1 dns.test. alpn=dot port=853
odd.test. IN TYPE65280 \\# 7 0304C00C00FF01
mail.test. IN MX 10 a.test.
mail.test. IN MX 20 b.test.
_s._tcp.test. IN SRV 1 2 443 a.test.
n.test. IN NAPTR 1 1 "u" "sip" "!^.*$!sip:a@a.test!" .
1.2.0.192.in-addr.arpa. IN PTR a.test.
forged. IN NS ns.test.
forged. IN DS 12345 13 2 """ + "00" * 32 + "\n" + "".join(f'long.test. IN TXT "{i:03}{"x" * 240}"\n' for i in range(20))
FORGED = "$ORIGIN forged.\n$TTL 60\n@ IN SOA ns.test. admin.test. 1 3600 900 86400 5\n@ IN NS ns.test.\nwww IN A 192.0.2.9\n"


def serve(net, folder):
    (folder / "keys").mkdir()
    (folder / "root.zone").write_text(ZONE)
    (folder / "forged.zone").write_text(FORGED)
    (folder / "knot.conf").write_text(f"""
server:
  listen: {KNOT[0]}@{KNOT[1]}
  rundir: "{folder}"
  user: root:root
database:
  storage: "{folder}/keys"
acl:
  - id: all
    action: transfer
policy:
  - id: one
    algorithm: ecdsap256sha256
    single-type-signing: on
template:
  - id: default
    storage: "{folder}"
    zonefile-sync: -1
    journal-content: none
    acl: all
zone:
  - domain: .
    file: root.zone
    dnssec-signing: on
    dnssec-policy: one
  - domain: forged.
    file: forged.zone
    dnssec-signing: on
    dnssec-policy: one
""")
    serve_root(net, folder, "ns.test.")
    (folder / "unbound.conf").write_text(f"""
server:
  directory: "{folder}"
  chroot: ""
  username: ""
  pidfile: ""
  use-syslog: no
  interface: {UNBOUND[0]}@{UNBOUND[1]}
  access-control: 10.9.0.0/24 allow
  module-config: "validator iterator"
  trust-anchor-file: "{folder}/root.key"
  root-hints: "{folder}/root.hints"
  ede: yes
  local-zone: "test." nodefault
  local-zone: "refused.test." always_refuse
""")
    net.start(net.world, "unbound", "-d", "-c", folder / "unbound.conf")
    wait_until(lambda: "192.0.2.1" in net.outside("dig", "+short", "+time=1", "+tries=1", "-p", UNBOUND[1], f"@{UNBOUND[0]}",
                                                   "a.test", check=False).stdout, 15, "unbound answers")


def name(text):
    return b"".join(bytes([len(part)]) + part.encode() for part in text.split(".") if part) + b"\0"


def query(text, kind, edns=True, dnssec=False, cd=False, options=b"", number=0x1234, size=1232):
    octets = struct.pack(">HHHHHH", number, 0x0100 | (0x10 if cd else 0), 1, 0, 0, int(edns))
    octets += name(text) + struct.pack(">HH", TYPES[kind], 1)
    if edns:
        octets += b"\0" + struct.pack(">HHIH", 41, size, 0x8000 if dnssec else 0, len(options)) + options
    return octets


def by_udp(server, message):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.settimeout(3)
        s.sendto(message, server)
        return s.recv(65535)


def by_tcp(server, message):
    with socket.create_connection(server, 3) as s:
        s.sendall(framed(message))
        stream = s.makefile("rb")
        return stream.read(struct.unpack(">H", stream.read(2))[0])


def framed(*messages):
    return b"".join(struct.pack(">H", len(m)) + m for m in messages)


class Folder:
    def __init__(self, called):
        self.folder = CORPUS / called
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)

    def add(self, called, octets):
        (self.folder / called).write_bytes(octets)


def ask_all():
    """By name of the file: what was answered."""
    answers = {}
    for called, server, way, *words in (
            ("a", KNOT, by_udp, "a.test", "A"), ("aaaa", KNOT, by_udp, "a.test", "AAAA"),
            ("cname-chain", UNBOUND, by_udp, "one.test", "A"), ("cname-circle", UNBOUND, by_udp, "circle.test", "A"),
            ("https", KNOT, by_udp, "svc.test", "HTTPS"), ("https-alias", UNBOUND, by_udp, "alias.test", "HTTPS"),
            ("svcb", KNOT, by_udp, "_dns.test", "SVCB"), ("unknown-type", KNOT, by_udp, "odd.test", "TYPE65280"),
            ("mx", KNOT, by_udp, "mail.test", "MX"), ("srv", KNOT, by_udp, "_s._tcp.test", "SRV"),
            ("naptr", KNOT, by_udp, "n.test", "NAPTR"), ("ptr", KNOT, by_udp, "1.2.0.192.in-addr.arpa", "PTR"),
            ("soa", KNOT, by_udp, "", "SOA"), ("no-such-name", UNBOUND, by_udp, "none.test", "A"),
            ("no-such-record", UNBOUND, by_udp, "a.test", "MX"), ("ede-bogus", UNBOUND, by_udp, "www.forged", "A"),
            ("refused", UNBOUND, by_udp, "refused.test", "A"), ("large", KNOT, by_tcp, "long.test", "TXT"),
            ("zone-transfer", KNOT, by_tcp, "", "AXFR")):
        answers[called] = way(server, query(*words))
    for called, words in (("dnskey", ("", "DNSKEY")), ("signed", ("a.test", "A")), ("denied", ("none.test", "A")),
                          ("signed-chain", ("one.test", "A"))):
        answers[called] = by_udp(UNBOUND, query(*words, dnssec=True))
    answers["truncated"] = by_udp(KNOT, query("long.test", "TXT", edns=False))
    return answers


QUERIES = {
    "query": query("www.Example.org", "A"), "query-plain": query("a.test", "AAAA", edns=False),
    "query-cookie-padding": query("a.test", "HTTPS", options=struct.pack(">HH", 10, 8) + b"12345678" + struct.pack(">HH", 12, 4) + b"\0" * 4),
    "query-dnssec": query("a.test", "DNSKEY", dnssec=True, cd=True), "query-any": query("a.test", "ANY"),
    "query-transfer": query("test", "AXFR"), "query-root": query("", "NS"), "query-long": query(".".join(["x" * 62] * 4), "A"),
}


def spoilt(answers):
    """What only an attacker sends."""
    header = struct.pack(">HHHHHH", 7, 0x8180, 1, 1, 0, 0)
    tail = struct.pack(">HHIH", 1, 1, 60, 4) + b"abcd"
    question = name("a.test") + struct.pack(">HH", 1, 1)
    yield "loop-itself", header + question + b"\xc0" + bytes([12 + len(question)]) + tail
    yield "loop-question", header + b"\xc0\x0c" + struct.pack(">HH", 1, 1) + b"\xc0\x0c" + tail
    yield "loop-two", header + question + b"\xc0\x1a\xc0\x18" + tail
    yield "loop-forward", header + question + b"\x01x\xc0\x40" + tail
    yield "loop-in-data", header + question + b"\xc0\x0c" + struct.pack(">HHIH", 5, 1, 60, 2) + b"\xc0\x26"
    yield "cut-data", answers["a"][:-13]
    yield "counts-too-high", answers["a"][:6] + b"\xff\xff\xff\xff\xff\xff" + answers["a"][12:]
    yield "ttl-highest", answers["a"].replace(struct.pack(">HHI", 1, 1, 60), struct.pack(">HHI", 1, 1, 0xFFFFFFFF))


def numbered(message, number):
    return struct.pack(">H", number) + message[2:]


def with_flags(message, more):
    return message[:3] + bytes([message[3] | more]) + message[4:]


def write(answers):
    messages, cache = Folder("dns-message"), Folder("dns-answer-cache")
    client, upstream = Folder("dns-tcp-connection"), Folder("dns-stream-transport")
    odd = dict(spoilt(answers))
    for called, octets in {**QUERIES, **answers, **odd}.items():
        messages.add(called, octets)

    small = [m for m in answers.values() if len(m) < 2000]
    a, chain, signed = answers["a"], answers["cname-chain"], answers["signed"]
    cache.add("all-small", framed(*(numbered(m, 1) for m in small)))
    cache.add("odd", framed(*odd.values()))
    cache.add("again-later", framed(numbered(a, 0), numbered(chain, 59), numbered(a, 1), numbered(chain, 65535), numbered(a, 2)))
    cache.add("do-and-cd", framed(*(with_flags(m, bits) for m in (a, signed) for bits in (0, 0x10, 0x20, 0x30))))
    cache.add("larger-than-it", framed(answers["large"], numbered(a, 3), answers["large"]))

    queries = list(QUERIES.values())
    client.add("pipelined", b"\xff" + framed(*queries))
    client.add("octet-by-octet", b"\x00" + framed(*queries))
    client.add("unanswered", b"\x10" + framed(numbered(queries[0], 1), queries[1], numbered(queries[2], 2)))
    client.add("many", b"\x40" + framed(*[numbered(queries[1], 256 + i * 111) for i in range(80)]))
    client.add("too-short", b"\x07" + framed(queries[0], b"short", queries[1]))
    client.add("too-long", b"\xff" + framed(queries[0], b"x" * 4097))
    client.add("cut", b"\x03" + framed(*queries[:2])[:-9])

    first, second = (by_tcp(KNOT, query(f"{one}.test", "A")) for one in "ab")
    first, second = numbered(first, 0), numbered(second, 1)
    upstream.add("in-order", b"\xff" + framed(first, second))
    upstream.add("out-of-order", b"\xff" + framed(second, first))
    upstream.add("octet-by-octet", b"\x00" + framed(second, first))
    upstream.add("others-answers", b"\x20" + framed(numbered(second, 0), numbered(first, 1), numbered(first, 9), first, second))
    upstream.add("twice", b"\xff" + framed(first, first, second, second))
    upstream.add("too-short", b"\xff" + framed(first, b"short"))
    upstream.add("cut", b"\x05" + framed(first, second)[:-5])
    upstream.add("large", b"\xff" + framed(numbered(answers["large"], 0), first, second))


def main():
    if sys.argv[1:] == ["inside"]:
        return write(ask_all())
    with Namespaces(run_tag()) as net, tempfile.TemporaryDirectory() as folder:
        serve(net, Path(folder))
        subprocess.run(["ip", "netns", "exec", net.world, sys.executable, __file__, "inside"], check=True, timeout=60)
    for called in sorted(CORPUS.glob("dns-*")):
        print(called.name, len(list(called.iterdir())))


main()
