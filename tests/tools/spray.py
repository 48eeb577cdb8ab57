#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sends as fast as it can to the addresses that are given, each packet the first of a connection.

    spray.py [--rest MS] ADDRESS...      one datagram and one SYN to each address and port in turn, always from a new socket

With --rest it sleeps so long after every 16 ports: what shares the queues with it is not to be crowded out.

A line of how many were sent each time that standard input has a line.
"""
import os
import select
import socket
import sys
import time


MULTICAST_DNS = 5353  # allowed on the local network by a built-in rule


def send(address, port):
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM):
        with socket.socket(family, kind) as s:
            s.setblocking(False)
            try:
                s.connect((address, port))
                s.send(b"undecided")
            except OSError:
                pass


def main(addresses, rest):
    print("ready", flush=True)
    sent = 0
    while True:
        for port in range(1000, 60000):
            if port == MULTICAST_DNS:
                continue
            for address in addresses:
                send(address, port)
                sent += 2
            if port % 16 == 0:
                time.sleep(rest)
            if port % 16 == 0 and select.select([0], [], [], 0)[0]:
                if not os.read(0, 4096):
                    return
                print(sent, flush=True)


if sys.argv[1] == "--rest":
    main(sys.argv[3:], int(sys.argv[2]) / 1000)
else:
    main(sys.argv[1:], 0)
