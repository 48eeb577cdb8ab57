#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Records the corpora of tests/fuzz anew, from this kernel, in network namespaces of its own. As root.

packet              first bytes of packets as the queue hands them over
queue-message       the queue's messages about them
conntrack-message   a dump of conntrack, and its events
diag-message        a dump of sock_diag, TCP and UDP, both families
sock-diag-answer    whole datagrams of such a dump, and an error
link-message        rtnetlink's dump of interfaces
proc-net            the tables of sockets in /proc/net
saved-rules         iptables-save, bare, beside Docker-like rules, and with odd comments

The corpora of prompts (policy's file of open questions), proc-stat, process-facts, cgroup, arguments, environment
and dpkg-list are written by hand. That of process-event was recorded once: the kernel tells process events in the
first network namespace alone.
"""
import socket
import struct
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from harness.namespaces import Namespaces, run_tag  # noqa: E402
from harness.suite import Suite  # noqa: E402

CORPUS = Path(__file__).resolve().parent / "corpus"
NEAR, FAR = ("10.9.0.1", "fd09::1"), ("10.9.0.13", "fd09::13")
NETLINK_ROUTE, NETLINK_NETFILTER, NETLINK_SOCK_DIAG = 0, 12, 4
IPPROTO_UDPLITE = 136
REQUEST, ACK, DUMP = 1, 4, 0x300
MOST = 40


class Folder:
    def __init__(self, name):
        self.folder = CORPUS / name
        self.folder.mkdir(parents=True, exist_ok=True)
        for old in self.folder.iterdir():
            old.unlink()
        self.seen = set()

    def add(self, octets):
        """Of inputs of one length the first is kept: the others differ in numbers alone."""
        if octets and len(octets) not in self.seen and len(self.seen) < MOST:
            self.seen.add(len(octets))
            (self.folder / f"{len(self.seen):02}").write_bytes(octets)


def message(kind, flags, body):
    return struct.pack("=IHHII", 16 + len(body), kind, flags, 1, 0) + body


def attribute(kind, payload):
    padded = payload + b"\0" * (-len(payload) % 4)
    return struct.pack("=HH", 4 + len(payload), kind) + padded


def netfilter(family=0, resource=0):
    return struct.pack(">BBH", family, 0, resource)


def attributes(body):
    while len(body) >= 4:
        length, kind = struct.unpack_from("=HH", body)
        if length < 4:
            return
        yield kind & 0x3FFF, body[4:length]
        body = body[length + 3 & ~3:]


def traffic():
    for family, near, far in zip((socket.AF_INET, socket.AF_INET6), NEAR, FAR):
        for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
            with socket.socket(family, kind) as s:
                s.settimeout(1)
                try:
                    s.connect((far, 7000))
                    s.send(b"x" * 40)
                    s.recv(100)
                except OSError:
                    pass
        with socket.socket(family, socket.SOCK_DGRAM) as s:
            s.sendto(b"y" * 6000, (far, 7000))  # fragments
            s.setsockopt(socket.SOL_SOCKET, 36, 51820)  # SO_MARK
            s.sendto(b"z", (far, 7001))
    for protocol in (1, 2, 4, 41, 47, 50, 51, 132, 136, 33, 253):
        with socket.socket(socket.AF_INET, socket.SOCK_RAW, protocol) as s:
            s.sendto(bytes([8, 0, 0, 0]) + bytes(range(60)), (FAR[0], 0))
        if protocol not in (1, 2):
            with socket.socket(socket.AF_INET6, socket.SOCK_RAW, protocol) as s:
                s.sendto(bytes([128, 0, 0, 0]) + bytes(range(60)), (FAR[1], 0))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.setsockopt(socket.IPPROTO_IP, socket.IP_OPTIONS, bytes([7, 11, 4]) + bytes(8) + b"\0")  # record route
        s.sendto(b"options", (FAR[0], 7000))
    with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as s:
        s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_HOPOPTS, bytes([0, 0, 1, 4, 0, 0, 0, 0]))
        s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_DSTOPTS, bytes([0, 0, 1, 4, 0, 0, 0, 0]))
        s.sendto(b"extension headers", (FAR[1], 7000))
    subprocess.run(["ping", "-c1", "-W1", FAR[0]], capture_output=True)
    subprocess.run(["ping", "-c1", "-W1", FAR[1]], capture_output=True)


def record_queue():
    packets, messages = Folder("packet"), Folder("queue-message")
    for tool in ("iptables", "ip6tables"):
        for chain in ("OUTPUT", "INPUT"):
            subprocess.run([tool, "-t", "mangle", "-A", chain, "-j", "NFQUEUE", "--queue-num", "7"], check=True)
    queue = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_NETFILTER)
    queue.bind((0, 0))
    queue.setsockopt(socket.SOL_SOCKET, 33, 8 << 20)  # SO_RCVBUFFORCE
    for body in (attribute(1, struct.pack(">BBH", 1, 0, 0)),  # bind
                 attribute(5, struct.pack(">I", 8 | 4)) + attribute(4, struct.pack(">I", 8 | 4)),  # UID_GID, GSO
                 attribute(2, struct.pack(">IB", 256, 2))):  # copy 256 bytes of the packet
        queue.send(message(3 << 8 | 2, REQUEST, netfilter(0, 7) + body))
    queue.settimeout(2)
    sender = subprocess.Popen([sys.executable, __file__, "traffic"])
    try:
        while True:
            datagram = queue.recv(65536)
            kind = struct.unpack_from("=H", datagram, 4)[0]
            if kind != 3 << 8 | 0:
                continue
            messages.add(datagram)
            found = dict(attributes(datagram[20:]))
            packets.add(found.get(10, b""))
            verdict = attribute(2, struct.pack(">I", 1) + found[1][:4])
            queue.send(message(3 << 8 | 1, REQUEST, netfilter(0, 7) + verdict))
    except TimeoutError:
        pass
    sender.wait()
    queue.close()
    for tool in ("iptables", "ip6tables"):
        subprocess.run([tool, "-t", "mangle", "-F"], check=True)


def messages_of(datagram):
    at = 0
    while at < len(datagram):
        length, kind = struct.unpack_from("=IH", datagram, at)
        yield kind, datagram[at:at + length]
        at += length + 3 & ~3


def datagrams(protocol, request):
    """The kernel's, to the last one of the answer."""
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, protocol) as s:
        s.bind((0, 0))
        s.settimeout(1)
        s.send(request)
        while True:
            datagram = s.recv(65536)
            yield datagram
            if any(kind in (2, 3) for kind, _ in messages_of(datagram)):  # error, done
                return


def dump(protocol, request, folder):
    for datagram in datagrams(protocol, request):
        for kind, one in messages_of(datagram):
            if kind in (2, 3):
                return
            folder.add(one)


def diag_request(family, protocol, extensions=0xFF, flags=REQUEST | DUMP):
    return message(20, flags, struct.pack("=BBBBI", family, protocol, extensions, 0, 0xFFFFFFFF) + bytes(48))


def kinds_of_sockets():
    for family, near in zip((socket.AF_INET, socket.AF_INET6), NEAR):
        icmp, ping = (socket.IPPROTO_ICMP, 8) if family == socket.AF_INET else (socket.IPPROTO_ICMPV6, 128)
        for kind, protocol in ((socket.SOCK_STREAM, 0), (socket.SOCK_DGRAM, 0), (socket.SOCK_DGRAM, IPPROTO_UDPLITE),
                               (socket.SOCK_RAW, icmp), (socket.SOCK_RAW, 253)):
            yield (s := socket.socket(family, kind, protocol))
            s.bind((near, 0))
        yield (s := socket.socket(family, socket.SOCK_DGRAM, icmp))
        s.sendto(bytes([ping, 0, 0, 0, 0, 1, 0, 1]), (near, 0))
        yield (s := socket.create_connection((FAR[family == socket.AF_INET6], 7000), 1))


def record_sockets():
    answers, tables, links = Folder("sock-diag-answer"), Folder("proc-net"), Folder("link-message")
    Path("/proc/sys/net/ipv4/ping_group_range").write_text("0 2147483647")
    kept = list(kinds_of_sockets())
    for family in (socket.AF_INET, socket.AF_INET6):
        for protocol in (6, 17, IPPROTO_UDPLITE):
            for datagram in datagrams(NETLINK_SOCK_DIAG, diag_request(family, protocol)):
                answers.add(datagram)
    for error in datagrams(NETLINK_SOCK_DIAG, diag_request(socket.AF_INET, 6, flags=REQUEST)):
        answers.add(error)
    for name in ("tcp", "udp", "udplite", "icmp", "raw"):
        for version in ("", "6"):
            tables.add(Path(f"/proc/self/net/{name}{version}").read_bytes())
    for datagram in datagrams(NETLINK_ROUTE, message(18, REQUEST | DUMP, bytes(16))):
        links.add(datagram)
        for _, one in messages_of(datagram):
            links.add(one)
    for s in kept:
        s.close()


def record_tables():
    conntrack, diag = Folder("conntrack-message"), Folder("diag-message")
    for tool in ("iptables", "ip6tables"):  # without a rule that wants it the kernel tracks nothing
        subprocess.run([tool, "-A", "INPUT", "-m", "conntrack", "--ctstate", "INVALID", "-j", "DROP"], check=True)
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_NETFILTER) as events:
        events.bind((0, 0b111))  # new, update, destroy
        traffic()
        dump(NETLINK_NETFILTER, message(1 << 8 | 1, REQUEST | DUMP, netfilter()), conntrack)
        subprocess.run(["conntrack", "-F"], capture_output=True)
        events.settimeout(0.5)
        try:
            while True:
                conntrack.add(events.recv(65536))
        except TimeoutError:
            pass
    with socket.socket(socket.AF_INET6, socket.SOCK_STREAM) as s, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as u:
        s.connect((f"::ffff:{FAR[0]}", 7000))
        u.connect((FAR[0], 7000))
        for family in (socket.AF_INET, socket.AF_INET6):
            for protocol in (6, 17):
                for extensions in (0, 0xFF):
                    dump(NETLINK_SOCK_DIAG, diag_request(family, protocol, extensions), diag)


def record_rules(net):
    folder = Folder("saved-rules")

    def save():
        for tool in ("iptables-save", "ip6tables-save"):
            folder.add(net.inside(tool).stdout.encode())

    odd = ["-p", "tcp", "-m", "comment", "--comment", 'a "quoted" -j C17 \\ comment portreeve:9', "-j", "DROP"]
    for words in (["-A", "INPUT", *odd], ["-N", "DOCKER-USER"], ["-A", "FORWARD", "-j", "DOCKER-USER"],
                  ["-t", "mangle", "-A", "OUTPUT", "-j", "MARK", "--set-mark", "1799"]):
        net.inside("iptables", *words)
        save()
    with Suite(net, ""):
        save()
        net.inside("iptables", "-I", "INPUT", "1", "-j", "ACCEPT", check=False)
        save()


def main():
    if sys.argv[1:] == ["traffic"]:
        return traffic()
    if sys.argv[1:] == ["inside"]:
        record_queue()
        record_tables()
        return record_sockets()
    with Namespaces(run_tag()) as net, tempfile.TemporaryDirectory():
        net.inside(sys.executable, __file__, "inside", timeout=120)
        record_rules(net)
    for folder in sorted(CORPUS.iterdir()):
        print(folder.name, len(list(folder.iterdir())))


main()
