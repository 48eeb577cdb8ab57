#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Packets without end, as fast as they go, until standard input closes; then how many, and in how many seconds.

    flood.py syn ADDRESS PORT      TCP SYN from addresses and ports of which each comes once in a million
    flood.py scan ADDRESS          TCP SYN from one address to every port in turn
    flood.py udp ADDRESS PORT      datagrams from one address, each from the next source port

IPv4; needs CAP_NET_RAW. Sources are in 10.64.0.0/10, which the receiver's route leads back to us.
"""
import itertools
import json
import select
import socket
import struct
import sys
import time

TCP, UDP = 6, 17
SCANNER = socket.inet_aton("10.64.0.9")


def checksum(data):
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    total = (total >> 16) + (total & 0xFFFF)
    return ~(total + (total >> 16)) & 0xFFFF


def packet(source, destination, protocol, body):
    # The kernel fills in the IP header's checksum and length (raw(7)).
    return struct.pack("!BBHHHBBH4s4s", 0x45, 0, 0, 0, 0, 64, protocol, 0, source, destination) + body


def tcp_syn(source, source_port, destination, port):
    head = struct.pack("!HHIIBBHHH", source_port, port, 1, 0, 5 << 4, 2, 1024, 0, 0)
    pseudo = source + destination + struct.pack("!BBH", 0, TCP, len(head))
    return packet(source, destination, TCP, head[:16] + struct.pack("!H", checksum(pseudo + head)) + head[18:])


def udp(source, source_port, destination, port):
    return packet(source, destination, UDP, struct.pack("!HHHH", source_port, port, 12, 0) + b"data")


def packets(kind, destination, port):
    for n in itertools.count():
        if kind == "syn":
            yield tcp_syn(struct.pack("!I", 0x0A400000 | n * 7919 % (1 << 20)), 1024 + n % 60000, destination, port)
        elif kind == "scan":
            yield tcp_syn(SCANNER, 40000 + n // 65535 % 20000, destination, 1 + n % 65535)
        else:
            yield udp(SCANNER, 1024 + n % 64000, destination, port)


def main(kind, address, port=0):
    out = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
    out.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4 << 20)
    # Made beforehand: what is measured is not this program's arithmetic.
    ready = list(itertools.islice(packets(kind, socket.inet_aton(address), int(port)), 1 << 17))
    print("ready", flush=True)
    began, sent = time.monotonic(), 0
    for one in itertools.cycle(ready):
        try:
            out.sendto(one, (address, 0))
            sent += 1
        except OSError:
            pass
        if sent % 256 == 0 and select.select([0], [], [], 0)[0]:
            break
    print(json.dumps({"packets": sent, "seconds": time.monotonic() - began}), flush=True)


main(*sys.argv[1:])
