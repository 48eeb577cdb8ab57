# SPDX-License-Identifier: GPL-3.0-or-later
"""Undecided traffic on the machine, and what of it reaches the world, seen by a capture there."""
import json
import subprocess
import sys

from .namespaces import HOSTS, TESTS

VICTIMS = HOSTS["www.dropped.test"]  # nobody else in a test sends there


class Asked:
    """A tool of tests/tools that answers a line with a line."""

    def __init__(self, net, namespace, tool, *words):
        self.process = net.start(namespace, sys.executable, TESTS / "tools" / tool, *words, stdin=subprocess.PIPE)
        assert self.process.stdout.readline().strip() == "ready"

    def ask(self):
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def end(self):
        self.process.stdin.close()
        self.process.wait(10)


class Leaks:
    """While it is entered, undecided packets are sent without pause; `count` tells how many came out."""

    def __init__(self, net):
        self.net = net
        self.sent = 0

    def __enter__(self):
        self.capture = Asked(self.net, self.net.world, "capture.py", *VICTIMS)
        self.spray = Asked(self.net, self.net.machine, "spray.py", *VICTIMS)
        return self

    def __exit__(self, *exception):
        self.sent = self.spray.ask()
        self.spray.end()
        self.seen = self.capture.ask()
        self.capture.end()

    @property
    def count(self):
        assert self.seen["dropped"] == 0, "the capture itself lost packets"
        return sum(self.seen[address] for address in VICTIMS)
