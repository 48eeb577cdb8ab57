# SPDX-License-Identifier: GPL-3.0-or-later
"""What policy has back after it was killed: names with whose they are, open flows, and power over them."""
import json
import subprocess

import pytest

from harness.gateway import Login
from harness.gateway import ask as ask_gateway
from harness.namespaces import STRAY, HOSTS, wait_until

RULES = """
[[rule]]
name = "reader may read allowed.test"
action = "allow"
process = { path = "$BIN/reader" }
domain = ".allowed.test"

[[rule]]
name = "app may"
action = "allow"
process = { path = "$BIN/app" }
"""


def restart_policy(suite):
    old = suite.kill("policy")
    wait_until(lambda: suite.pid("policy") not in (0, old), 10, "a new policy")
    suite.wait_enforcing()


@pytest.fixture(autouse=True)
def rules(suite):
    suite.rules(RULES)
    suite.wait_enforcing()


def test_a_name_given_before_still_names_the_next_connection_of_that_program_and_user(suite):
    seen = suite.probe("reader", "tcp", "www.allowed.test", 80)
    assert seen["ok"], seen
    restart_policy(suite)
    # By address: nobody asks for the name again.
    again = suite.probe("reader", "tcp", seen["address"], 7000)
    assert again["ok"], again
    row = suite.connections(program="reader", protocol="tcp")[-1]
    assert row["domain"] == "www.allowed.test" and row["named_by"] == "program", row
    assert not suite.probe("reader", "tcp", seen["address"], 443, user=65534)["ok"], "another user's name"


def test_the_first_connection_after_the_restart_waits_for_its_name(suite):
    seen = suite.probe("reader", "tcp", "www.allowed.test", 80)
    old = suite.kill("policy")
    again = suite.probe("reader", "tcp", seen["address"], 7000, "--timeout", 5)
    assert again["ok"], again
    assert suite.pid("policy") != old
    suite.wait_enforcing()


@pytest.mark.parametrize("protocol", ["tcp", "udp"])
@pytest.mark.parametrize("target", ["10.9.0.13", "fd09::13"])
def test_connections_from_before_are_listed_and_end_when_they_are_forbidden(suite, protocol, target):
    held = suite.hold("app", protocol, target, 7000, "--timeout", 1)
    assert held.first["ok"]
    restart_policy(suite)
    row = next(r for r in suite.connections(protocol=protocol, state="open")
               if r["remote"] == {"address": target, "port": 7000})
    assert row["verdict"]["mark"] == 1710 and row["verdict"]["reason"] == "decided before policy restarted", row
    assert row["direction"] == "out"
    assert held.say()["ok"]
    suite.rules(RULES.replace("app may", "app may not").replace('"allow"\nprocess = { path = "$BIN/app"',
                                                                '"block"\nprocess = { path = "$BIN/app"'))
    seen = held.say()
    assert not seen["ok"], seen
    held.close()


def test_a_connection_that_stays_allowed_survives_a_change_of_rules_after_the_restart(suite):
    held = suite.hold("app", "tcp", "10.9.0.13", 7000)
    named = suite.hold("reader", "tcp", "www.allowed.test", 80)
    assert named.first["ok"]
    restart_policy(suite)
    suite.rules(RULES + '\n[[rule]]\nname = "more"\naction = "allow"\nport = 9\n')
    assert held.say()["ok"]
    assert named.say()["ok"]
    row = suite.connections(program="app", state="open")[-1]
    assert row["verdict"]["rule"] == "app may", row
    held.close()
    named.close()


def listed(suite):
    return {rule["name"]: rule for rule in map(json.loads, suite.command("rules", "--json").stdout.splitlines())}


CONNECTOR = """
import socket, sys
sys.stdout.reconfigure(line_buffering=True)
while sys.stdin.readline():
    try:
        socket.create_connection(("10.9.0.13", 7000), 5).close(); print("connected")
    except OSError as e:
        print(e)
"""


class Connector:
    """A process that connects whenever it is told to."""

    def __init__(self, suite):
        self.process = subprocess.Popen(["ip", "netns", "exec", suite.net.machine, "/usr/bin/python3", "-c", CONNECTOR],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        suite.net.processes.append(self.process)

    def connects(self):
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        return self.process.stdout.readline().strip() == "connected"


def test_rules_for_a_while_go_on_and_end_when_they_were_to_end(suite):
    one, other = Connector(suite), Connector(suite)
    assert not one.connects()
    suite.command("rule", "add", "--allow", "--name", "soon over", "--program", suite.programs / "guest", "--for", "8s")
    suite.command("rule", "add", "--allow", "--name", "that process", "--pid", one.process.pid)
    before = listed(suite)
    restart_policy(suite)
    after = listed(suite)
    for name in ("soon over", "that process"):
        assert after[name]["expires"] == before[name]["expires"], after[name]
    assert suite.probe("guest", "tcp", "10.9.0.13", 7000)["ok"], "it goes on"
    assert one.connects(), "the process that is meant is known again"
    assert not other.connects(), "another process of that program is not meant"
    wait_until(lambda: not suite.probe("guest", "tcp", "10.9.0.13", 7000)["ok"], 15, "it ends at its time")
    one.process.kill()
    other.process.kill()
    for name in ("soon over", "that process"):
        suite.command("rule", "remove", name)


def test_a_change_that_nobody_confirms_is_taken_back_by_the_next_policy(suite):
    suite.command("rule", "add", "--allow", "--name", "for a moment", "--program", suite.programs / "guest", "--confirm", 3)
    restart_policy(suite)
    wait_until(lambda: "for a moment" not in listed(suite), 10, "the change is taken back")
    assert not suite.probe("guest", "tcp", "10.9.0.13", 7000)["ok"]


def test_what_was_learned_is_still_there(suite):
    suite.command("learn", "allow", "1h", "--confirm", "0")
    assert suite.probe("newcomer", "tcp", "10.9.0.13", 7000)["ok"]
    wait_until(lambda: suite.status()["rules"]["learned"] == 1, 5, "one kind was seen")
    # It is written behind the verdicts.
    kept = suite.state / "policy" / "learned.toml"
    wait_until(lambda: kept.exists() and "newcomer" in kept.read_text(), 15, "it is on the disk")
    restart_policy(suite)
    assert suite.status()["rules"]["learned"] == 1
    assert "newcomer" in suite.command("learn", "review").stdout
    suite.command("resume")
    suite.command("learn", "forget")


def test_a_login_to_the_page_ends_with_the_policy_that_gave_it(suite):
    login = Login(suite)
    assert ask_gateway(suite, login.headers, "status")[0] == 200
    restart_policy(suite)
    wait_until(lambda: ask_gateway(suite, login.headers, "status")[0] == 401, 10, "the login has ended")
    assert ask_gateway(suite, Login(suite).headers, "status")[0] == 200


def test_a_rule_file_that_went_bad_meanwhile_leaves_the_last_good_set(suite):
    suite.write_rules(RULES + '\n[[rule]]\nname = "half a ru')
    old = suite.kill("policy")
    wait_until(lambda: suite.pid("policy") not in (0, old), 10, "a new policy")
    wait_until(lambda: suite.status()["state"] == "degraded", 10, lambda: f"it is said: {suite.status()}")
    assert suite.probe("app", "tcp", "10.9.0.13", 7000)["ok"], "the last good set is in force"
    assert not suite.probe("guest", "tcp", "10.9.0.13", 7000)["ok"]
    assert "50-test.toml:14" in suite.command("status", check=False).stdout, "where it is bad"


ASKER = """
import socket, sys
sys.stdout.reconfigure(line_buffering=True)
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.connect((sys.argv[1], 53)); s.settimeout(3)
query = bytes.fromhex("123401000001000000000000") + b"\\x03www\\x07allowed\\x04test\\x00\\x00\\x01\\x00\\x01"
while sys.stdin.readline():
    for attempt in range(3):
        s.send(query)
        try:
            answer = s.recv(512)
            print("refused" if answer[3] & 15 == 3 else socket.inet_ntoa(answer[-4:])); break
        except OSError as e:
            if attempt == 2: print(e)
"""


@pytest.mark.parametrize("server", [STRAY[0], "127.0.0.1"])
def test_a_query_socket_from_before_is_still_somebodys(suite, server):
    suite.rules(RULES + '\n[[rule]]\nname = "python may"\naction = "allow"\nprocess = { path = "/usr/bin/python3*" }\n')
    process = subprocess.Popen(["ip", "netns", "exec", suite.net.machine, "/usr/bin/python3", "-c", ASKER, server],
                               stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    suite.net.processes.append(process)

    def ask():
        process.stdin.write("\n")
        process.stdin.flush()
        return process.stdout.readline().strip()

    assert ask() == HOSTS["www.allowed.test"][0]
    restart_policy(suite)
    assert ask() == HOSTS["www.allowed.test"][0]
    suite.rules(RULES)
    # The resolver believes a ruling for a second. The name is judged for the process that holds the socket.
    wait_until(lambda: ask() == "refused", 5, "the name is refused")
    process.kill()


def test_an_open_connection_that_now_goes_by_gate17_begins_anew(suite):
    tcp = suite.hold("app", "tcp", "10.9.0.13", 7000)
    udp = suite.hold("app", "udp", "10.9.0.13", 7000, "--timeout", 1)
    assert tcp.first["ok"] and udp.first["ok"]
    suite.rules(RULES.replace('"allow"\nprocess = { path = "$BIN/app"', '"gate17"\nprocess = { path = "$BIN/app"'))
    assert not tcp.say()["ok"]
    assert not udp.say()["ok"], "nobody listens at the entrypoint, and nothing goes in the clear"
    tcp.close()
    assert suite.mark_of("10.9.0.13", 7000, "udp") == 1717
    udp.close()
