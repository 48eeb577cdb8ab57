#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Binds a netfilter queue, as another firewall does, and answers nothing.

    take_queue.py NUMBER [NAME]     NAME: what the process calls itself (comm)
"""
import socket
import struct
import sys

NETLINK_NETFILTER = 12
NFNL_SUBSYS_QUEUE, NFQNL_MSG_CONFIG = 3, 2
NFQA_CFG_CMD, NFQNL_CFG_CMD_BIND = 1, 1
NLM_F_REQUEST, NLM_F_ACK = 1, 4


def main(number, name=None):
    if name:
        with open("/proc/self/comm", "w") as comm:
            comm.write(name)
    queue = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_NETFILTER)
    queue.bind((0, 0))
    body = struct.pack(">BBH", 0, 0, number) + struct.pack("=HH", 8, NFQA_CFG_CMD) + struct.pack(">BBH", NFQNL_CFG_CMD_BIND, 0, 0)
    queue.send(struct.pack("=IHHII", 16 + len(body), NFNL_SUBSYS_QUEUE << 8 | NFQNL_MSG_CONFIG, NLM_F_REQUEST | NLM_F_ACK, 1, 0) + body)
    error = struct.unpack_from("=i", queue.recv(4096), 16)[0]
    print("ready" if error == 0 else f"refused: {-error}", flush=True)
    sys.stdin.read()


main(int(sys.argv[1]), *sys.argv[2:])
