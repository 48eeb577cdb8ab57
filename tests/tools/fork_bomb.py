#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Processes without end, each of which makes one connection and ends: fork_bomb.py ADDRESS PORT PARALLEL

Runs until standard input closes; then says how many there were, and how many of them were connected.
"""
import json
import os
import select
import socket
import sys
import time


def connect(address, port):
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as s:
        s.settimeout(2)
        try:
            s.connect((address, port))
            return 0
        except OSError:
            return 1


def main(address, port, parallel):
    print("ready", flush=True)
    began, alive, ended, connected = time.monotonic(), 0, 0, 0
    going = True
    while going or alive:
        while going and alive < parallel:
            if os.fork() == 0:
                os._exit(connect(address, port))
            alive += 1
        _, status = os.wait()
        alive -= 1
        ended += 1
        connected += status == 0
        if going and select.select([0], [], [], 0)[0]:
            going = False
    print(json.dumps({"packets": ended, "seconds": time.monotonic() - began, "connected": connected}), flush=True)


main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
