#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Counts what arrives on eth0, by what it is: one line of JSON for each line on standard input.

    capture.py ADDRESS...     packets to these addresses are counted, each by its own

    {"ADDRESS": packets, …, "dropped": what the capture itself lost, "first": the first that was counted, in hexadecimal}

Neighbour discovery (ICMPv6 133 to 137) is not counted: it is the link's own, as ARP is.
"""
import json
import os
import select
import socket
import struct
import sys

ETH_P_ALL = 3
SOL_PACKET, PACKET_STATISTICS = 263, 6
SO_RCVBUFFORCE = 33


def destination(frame):
    """Of the IP packet in an Ethernet frame; None where there is none."""
    kind = frame[12:14]
    if kind == b"\x08\x00":
        return socket.inet_ntop(socket.AF_INET, frame[30:34])
    if kind == b"\x86\xdd":
        return socket.inet_ntop(socket.AF_INET6, frame[38:54])
    return None


def is_neighbour_discovery(frame):
    return frame[12:14] == b"\x86\xdd" and frame[20] == socket.IPPROTO_ICMPV6 and 133 <= frame[54] <= 137


def main(addresses):
    packets = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
    packets.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 64 << 20)
    packets.bind(("eth0", ETH_P_ALL))
    packets.setblocking(False)
    counts = dict.fromkeys(addresses, 0)
    counts["dropped"] = 0
    print("ready", flush=True)

    def drain():
        while True:
            try:
                frame, (_, _, kind, *_) = packets.recvfrom(128)
            except BlockingIOError:
                return
            to = destination(frame)
            if kind != socket.PACKET_OUTGOING and to in counts and not is_neighbour_discovery(frame):
                counts[to] += 1
                counts.setdefault("first", frame.hex())

    while True:
        ready, _, _ = select.select([packets, 0], [], [])
        drain()
        if 0 in ready:
            if not os.read(0, 4096):
                return
            drain()
            counts["dropped"] += struct.unpack("II", packets.getsockopt(SOL_PACKET, PACKET_STATISTICS, 8))[1]
            print(json.dumps(counts), flush=True)


main(sys.argv[1:])
