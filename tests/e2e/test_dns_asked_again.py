# SPDX-License-Identifier: GPL-3.0-or-later
"""A program that asks for a name again is answered without a word to policy, through whatever socket, and only for as long as
what policy said of it is true."""
import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

from harness.namespaces import HOSTS, end, wait_until

RULES = """
[[rule]]
name = "root's python may"
action = "allow"
user = "root"
"""

CLIENT = r"""
import socket, sys

def ask(name):
    query = b"\x12\x34\1\0\0\1\0\0\0\0\0\0" + b"".join(bytes([len(l)]) + l for l in name.encode().split(b".")) + b"\0\0\1\0\1"
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.settimeout(5)
    s.sendto(query, ("127.0.0.1", 53))
    answer = s.recv(512)
    return "refused" if answer[3] & 15 == 3 else socket.inet_ntoa(answer[-4:])

def connect(address, port):
    s = socket.create_connection((address, int(port)), 5)
    s.close()
    return "connected"

for line in sys.stdin:
    print({"ask": ask, "connect": connect}[line.split()[0]](*line.split()[1:]), flush=True)
"""


class Client:
    """One process that asks and connects as it is told, with a fresh socket each time."""

    def __init__(self, suite, user=0):
        drop = ["setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups"] if user else []
        self.process = subprocess.Popen(["ip", "netns", "exec", suite.net.machine, *drop, sys.executable, "-c", CLIENT],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        end(self.process)

    def say(self, *words):
        print(*words, file=self.process.stdin, flush=True)
        return self.process.stdout.readline().strip()


def quick(suite):
    """How many questions were answered without asking policy."""
    resolver = next(p for p in suite.status()["processes"] if p["name"] == "resolver")
    return {c["name"]: c["value"] for c in resolver["counters"]}["quick"]


def recorded(suite):
    rows = suite.command("history", "--queries", "--domain", "www.allowed.test", "--since", "2s", "--json").stdout.splitlines()
    return [row for row in map(json.loads, rows) if "python" in row["program"]]


@pytest.fixture(autouse=True)
def rules(suite):
    suite.rules(RULES)
    yield
    suite.rules(RULES)


def test_a_program_that_asks_again_is_answered_without_asking_policy(suite):
    with Client(suite) as client:
        assert client.say("ask", "www.allowed.test") == HOSTS["www.allowed.test"][0]
        before = quick(suite)
        for _ in range(20):
            assert client.say("ask", "www.allowed.test") == HOSTS["www.allowed.test"][0]
        # What policy learns meanwhile of the machine's networks has it judge anew.
        assert quick(suite) - before >= 18


def test_another_process_of_the_same_program_is_answered_so_too_and_known_by_itself(suite):
    with Client(suite) as first:
        first.say("ask", "www.allowed.test")
    before = quick(suite)
    with Client(suite) as second:
        assert second.say("ask", "www.allowed.test") == HOSTS["www.allowed.test"][0]
        assert quick(suite) - before == 1
        assert second.say("connect", HOSTS["www.allowed.test"][0], 80) == "connected"
        seen = suite.connections(protocol="tcp")[-1]
        assert (seen["domain"], seen["process"]["pid"]) == ("www.allowed.test", second.process.pid)


def test_a_rule_that_forbids_a_name_ends_it_at_once(suite):
    with Client(suite) as client:
        client.say("ask", "www.other.test")
        assert client.say("ask", "www.other.test") == HOSTS["www.other.test"][0]
        suite.rules('[[rule]]\nname = "no other"\naction = "block"\ndomain = "www.other.test"\n' + RULES)
        assert client.say("ask", "www.other.test") == "refused"


def test_what_one_user_was_answered_another_is_not(suite):
    with Client(suite) as root, Client(suite, user=65534) as nobody:
        root.say("ask", "www.blocked.test")
        assert root.say("ask", "www.blocked.test") == HOSTS["www.blocked.test"][0]
        assert nobody.say("ask", "www.blocked.test") == "refused"  # the default
        assert root.say("ask", "www.blocked.test") == HOSTS["www.blocked.test"][0]


def test_a_rule_for_one_process_is_heeded_for_it_alone_also_by_a_policy_that_has_just_started(suite):
    def start_ticks(pid):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]

    with Client(suite) as one, Client(suite) as other:
        assert one.say("ask", "www.allowed.test") == other.say("ask", "www.allowed.test")
        pid = one.process.pid
        suite.rules(f'''[[rule]]
name = "not this one"
action = "block"
domain = "www.allowed.test"
process = {{ instance = "{pid}@{start_ticks(pid)}" }}
''' + RULES)
        for _ in range(2):
            assert other.say("ask", "www.allowed.test") == HOSTS["www.allowed.test"][0]
            assert one.say("ask", "www.allowed.test") == "refused"
            suite.kill("policy")
            suite.wait_enforcing()


def test_a_connection_is_named_by_what_was_asked_for_last_where_names_share_an_address(suite):
    address = HOSTS["www.allowed.test"][0]
    with Client(suite) as client:
        client.say("ask", "www.allowed.test")
        time.sleep(1.1)  # so that it will be told again
        client.say("ask", "alias.test")
        before = quick(suite)
        assert client.say("ask", "www.allowed.test") == address
        assert client.say("connect", address, 443) == "connected"
        assert quick(suite) == before + 1
        assert suite.connections(protocol="tcp")[-1]["domain"] == "www.allowed.test"


def test_a_policy_that_comes_back_is_asked_anew(suite):
    with Client(suite) as client:
        client.say("ask", "www.dropped.test")
        client.say("ask", "www.dropped.test")
        suite.kill("policy")
        suite.wait_enforcing()
        wait_until(lambda: client.say("ask", "www.dropped.test") == HOSTS["www.dropped.test"][0], 10, "names are answered again")
        before = quick(suite)
        client.say("ask", "www.dropped.test")
        assert quick(suite) == before + 1


def test_what_is_answered_so_is_in_the_history_and_the_log(suite):
    with Client(suite) as client:
        client.say("ask", "www.allowed.test")
        time.sleep(1.1)
        client.say("ask", "www.allowed.test")
        wait_until(lambda: len(recorded(suite)) >= 2, 10, lambda: f"both times are in the history: {recorded(suite)}")
