# SPDX-License-Identifier: GPL-3.0-or-later
"""Asking a person: what waits for an answer goes through at once, no question is lost whatever dies, and nobody answers for another."""
import json
import os
import re
import shutil
import signal
import subprocess

import pytest

from harness import gateway, mmdb
from harness.namespaces import wait_until

RULES = """
[[rule]]
name = "ask about curl"
action = "ask"
process = { path = "$BIN/curl" }

[[rule]]
name = "app may"
action = "allow"
process = { path = "$BIN/app" }
"""
ALICE, BOB = 1000, 1001
PORT, OTHER_PORT = 8080, 8081


@pytest.fixture(scope="module", autouse=True)
def pages(suite):
    """Real HTTP servers in the other machine, and a real curl under a name that the rules can tell."""
    shutil.copy("/usr/bin/curl", suite.programs / "curl")
    for port in (PORT, OTHER_PORT):
        suite.net.start(suite.net.world, "python3", "-m", "http.server", port, "--directory", "/usr/share/doc/curl", "--bind", "::")
    wait_until(lambda: all(connects(suite, port) for port in (PORT, OTHER_PORT)), 15, "the servers listen")


def connects(suite, port):
    return suite.probe("app", "tcp", "10.9.0.13", port, "--timeout", 1).get("error") != "ECONNREFUSED"


def as_user(uid):
    return ["setpriv", f"--reuid={uid}", f"--regid={uid}", "--clear-groups"]


def curl(suite, url, uid=ALICE, seconds=100):
    process = subprocess.Popen(
        ["ip", "netns", "exec", suite.net.machine, *as_user(uid), str(suite.programs / "curl"), "-s", "-o", "/dev/null", "-w",
         "%{http_code}", "--connect-timeout", str(seconds), "--noproxy", "*", url], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    suite.net.processes.append(process)
    return process


def result(process, seconds=30):
    """The HTTP status, or 000 with curl's exit code."""
    text, _ = process.communicate(timeout=seconds)
    return text if process.returncode == 0 else f"{text} exit {process.returncode}"


def ask(suite, *words, uid=None, check=True):
    prefix = as_user(uid) if uid is not None else []
    done = subprocess.run(["ip", "netns", "exec", suite.net.machine, *prefix, str(suite_command(suite)), "ask", *map(str, words)],
                          capture_output=True, text=True, timeout=30, env=suite.environment)
    assert not check or done.returncode == 0, f"ask {words}: exit {done.returncode}\n{done.stdout}{done.stderr}"
    return done


def suite_command(suite):
    from harness.suite import COMMAND
    return COMMAND


def questions(suite, uid=None):
    return [json.loads(line) for line in ask(suite, "--list", "--json", uid=uid).stdout.splitlines()]


def question(suite, seconds=10, **wanted):
    """The one open question, once it has what is wanted."""
    def look():
        found = questions(suite)
        return found[0] if len(found) == 1 and all(found[0][key] == value for key, value in wanted.items()) else None
    return wait_until(look, seconds, lambda: f"one question with {wanted}: {questions(suite)}\n{suite.output()[-3000:]}")


class Watcher:
    """Somebody who is there: `portreeve ask` without a terminal, which reads answers from a pipe."""

    def __init__(self, suite, uid=ALICE):
        self.process = subprocess.Popen(["ip", "netns", "exec", suite.net.machine, *as_user(uid), str(suite_command(suite)), "ask"],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, bufsize=1,
                                        env=suite.environment)
        suite.net.processes.append(self.process)
        self.first = self.process.stdout.readline()

    def say(self, line):
        self.process.stdin.write(line + "\n")

    def read_until(self, part):
        seen = []
        for line in self.process.stdout:
            seen.append(line)
            if part in line:
                return line
        raise AssertionError(f"{part!r} was not said: {''.join(seen)}")

    def close(self):
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait(10)


@pytest.fixture(scope="module")
def alice(suite, pages):
    watcher = Watcher(suite)
    yield watcher
    watcher.close()


@pytest.fixture(autouse=True)
def nothing_left(suite, pages):
    """Each test begins without questions and answers."""
    yield
    for one in questions(suite):
        ask(suite, int(one["id"]), "dismiss", check=False)
    for line in suite.command("rule", "list", "--json").stdout.splitlines():
        rule = json.loads(line)
        if rule["name"].startswith("answer "):
            suite.command("rule", "remove", rule["name"])


def test_a_person_is_asked_in_words_and_the_answer_lets_curl_through_at_once(suite, alice):
    waiting = curl(suite, f"http://10.9.0.13:{PORT}/")
    seen = question(suite, waiting=1)
    assert seen["program"]["path"] == str(suite.programs / "curl") and seen["program"]["uid"] == ALICE
    assert seen["program"]["pid"] == waiting.pid and seen["program"]["parents"]
    assert seen["destination"] == {"address": "10.9.0.13", "port": PORT, "protocol": "tcp"}
    assert seen["default"] == "block" and 0 < seen["seconds_left"] <= 60 and seen["rule"] == "ask about curl"
    assert seen["lifetimes"] == ["once", "5m", "exit", "restart", "always"] and seen["scopes"] == ["host", "port", "program"]
    assert waiting.poll() is None
    alice.read_until("wants to reach 10.9.0.13")
    alice.say("allow")
    assert result(waiting, 5) == "200"
    assert questions(suite) == []
    row = suite.connections(program="curl")[-1]["verdict"]
    assert row["action"] == "allow" and "answered once by" in row["reason"], row


@pytest.fixture
def databases(suite):
    countries, numbers = suite.config / "country.mmdb", suite.config / "asn.mmdb"
    mmdb.write(countries, {"10.9.0.13": {"country": {"iso_code": "NZ"}}})
    mmdb.write(numbers, {"10.9.0.13": {"autonomous_system_number": 64496, "autonomous_system_organization": "Example Net"}})
    assert suite.rules(f'[databases]\ncountry = "{countries}"\nasn = "{numbers}"\n', "60-databases.toml").returncode == 0
    yield
    (suite.config / "rules.d" / "60-databases.toml").unlink()
    assert suite.command("rule", "reload").returncode == 0


def test_a_question_says_whose_network_it_is_about_where_that_is_known(suite, alice, databases):
    known = curl(suite, f"http://10.9.0.13:{PORT}/")
    seen = question(suite, waiting=1)
    assert seen["network"] == {"scope": "lan", "country": "NZ", "autonomous_system": {"number": 64496, "organization": "Example Net"}}
    alice.read_until("in NZ, AS64496 Example Net")
    code, _, body = gateway.ask(suite, gateway.Login(suite).headers, "prompts")
    assert code == 200 and body["prompts"][0]["network"] == seen["network"], body
    ask(suite, int(seen["id"]), "block")
    assert result(known) == "000 exit 7"
    unknown = curl(suite, f"http://10.9.0.10:{PORT}/")
    seen = question(suite, waiting=1)
    assert seen["network"] == {"scope": "lan"}
    ask(suite, int(seen["id"]), "block")
    assert result(unknown) == "000 exit 7"


def test_where_an_address_is_is_said_by_command_api_and_explanation(suite, databases):
    there = {"scope": "lan", "country": "NZ", "autonomous_system": {"number": 64496, "organization": "Example Net"}, "address": "10.9.0.13"}
    near = [{"scope": "lan", "address": "10.9.0.10"}, {"scope": "localhost", "address": "::1"}]
    told = suite.command("where", "--json", "10.9.0.13", "10.9.0.10", "::1").stdout.splitlines()
    assert [json.loads(line) for line in told] == [there, *near]
    words = suite.command("where", "10.9.0.13", "203.0.113.9").stdout
    assert re.search(r"10\.9\.0\.13 +the local network +NZ +64496 +Example Net", words) and re.search(r"203\.0\.113\.9 +the internet", words), words
    code, _, body = gateway.ask(suite, gateway.Login(suite).headers, "networks?addresses=10.9.0.13,10.9.0.10")
    assert code == 200 and body == {"networks": [there, near[0]]}, body
    assert suite.command("where", "example.org", check=False).returncode == 2
    imagined = suite.json("explain", "--program", "/usr/bin/curl", "--to", "10.9.0.13:80")
    assert imagined["network"]["country"] == "NZ", imagined
    suite.probe("app", "tcp", "10.9.0.13", 7000)
    row = next(r for r in reversed(suite.connections(program="app")) if r["remote"]["address"] == "10.9.0.13")
    assert "The other end is in NZ, AS64496 Example Net." in suite.command("explain", str(int(row["id"]))).stdout


def test_no_is_an_error_at_once(suite, alice):
    waiting = curl(suite, f"http://10.9.0.13:{PORT}/")
    ask(suite, int(question(suite, waiting=1)["id"]), "block", uid=ALICE)
    assert result(waiting, 5) == "000 exit 7"


def test_once_is_once(suite, alice):
    first = curl(suite, f"http://10.9.0.13:{PORT}/")
    ask(suite, int(question(suite, waiting=1)["id"]), "allow")
    assert result(first) == "200"
    second = curl(suite, f"http://10.9.0.13:{PORT}/")
    asked = question(suite, waiting=1)
    ask(suite, int(asked["id"]), "block")
    assert result(second) == "000 exit 7"


def test_an_answer_that_lasts_is_a_rule_that_one_can_see_and_remove(suite, alice):
    first = curl(suite, f"http://10.9.0.13:{PORT}/")
    ask(suite, int(question(suite, waiting=1)["id"]), "allow", "--for", "5m", "--scope", "port")
    assert result(first) == "200"
    assert result(curl(suite, f"http://10.9.0.11:{PORT}/")) == "200", "that port, at any host"
    rule = next(r for r in map(json.loads, suite.command("rule", "list", "--json").stdout.splitlines()) if r["name"].startswith("answer "))
    assert rule["action"] == "allow" and rule["expires"] and "answer = true" in rule["text"] and f'user = "{ALICE}"' in rule["text"]
    assert "root (uid 0)" in suite.command("changes").stdout
    suite.command("rule", "remove", rule["name"])
    asked = curl(suite, f"http://10.9.0.13:{PORT}/")
    ask(suite, int(question(suite, waiting=1)["id"]), "drop")
    asked.terminate()


def test_an_answer_by_name_holds_for_the_name(suite, alice):
    first = curl(suite, f"http://www.allowed.test:{PORT}/")
    seen = question(suite, waiting=1)
    assert seen["domain"] == "www.allowed.test" and seen["names"] == ["www.allowed.test"] and "domain" in seen["scopes"]
    ask(suite, int(seen["id"]), "allow", "--for", "restart", "--scope", "domain")
    assert result(first) == "200"
    assert result(curl(suite, f"http://www.allowed.test:{OTHER_PORT}/")) == "200"


@pytest.mark.parametrize("name", ["policy", "attributor", "reader", "resolver", "interceptor", "gateway", "historian"])
def test_a_question_outlives_any_daemon_and_its_answer_still_reaches_the_connection(suite, alice, name):
    waiting = curl(suite, f"http://10.9.0.13:{PORT}/")
    before = question(suite, waiting=1)
    wait_until(lambda: "[[question]]" in (suite.state / "policy" / "prompts.toml").read_text(), 5, "it is on the disk")
    dead = suite.kill(name)
    wait_until(lambda: suite.pid(name) not in (0, dead), 15, f"{name} is back")
    suite.wait_enforcing()
    after = question(suite, 15)
    assert after["id"] == before["id"] and after["connections"] == 1, after
    assert waiting.poll() is None
    ask(suite, int(after["id"]), "allow")
    assert result(waiting, 40) == "200", suite.output()[-3000:]


def test_policy_stopped_for_longer_than_a_packet_waits_loses_nothing(suite, alice):
    waiting = curl(suite, f"http://10.9.0.13:{PORT}/")
    before = question(suite, waiting=1)
    timed_out = counter(suite, "interceptor", "timed_out")
    pid = suite.kill("policy", signal.SIGSTOP)
    wait_until(lambda: counter(suite, "interceptor", "timed_out") > timed_out, 20, "its packet was dropped for the moment")
    os.kill(pid, signal.SIGKILL)
    suite.wait_enforcing()
    ask(suite, int(question(suite, 15)["id"]), "allow")
    assert result(waiting, 60) == "200"
    assert before["id"] > 0


def counter(suite, process, name):
    counters = next(p for p in suite.status()["processes"] if p["name"] == process)["counters"]
    return next((c["value"] for c in counters if c["name"] == name), 0)


def test_a_port_scan_is_one_question(suite, alice):
    scan = [curl(suite, f"http://10.9.0.13:{port}/", seconds=50) for port in range(9000, 9012)]
    seen = question(suite, connections=12)
    assert len(seen["more"]) == 11 and seen["waiting"] == 12
    ask(suite, int(seen["id"]), "block")
    assert {result(one, 10) for one in scan} == {"000 exit 7"}


def test_a_person_sees_and_answers_his_own_alone_and_root_all(suite, alice):
    waiting = curl(suite, f"http://10.9.0.13:{PORT}/")
    number = int(question(suite, waiting=1)["id"])
    assert [q["may_answer"] for q in questions(suite, ALICE)] == [True]
    assert questions(suite, BOB) == []
    done = ask(suite, number, "allow", uid=BOB, check=False)
    assert done.returncode == 1 and "no question" in done.stderr
    assert waiting.poll() is None
    done = ask(suite, "--list", uid=33, check=False)
    assert done.returncode == 1, "a service's account has no say"
    assert suite_refuses_more_than_questions(suite)
    ask(suite, number, "allow", uid=0)
    assert result(waiting) == "200"


def suite_refuses_more_than_questions(suite):
    from harness.suite import COMMAND
    done = subprocess.run(["ip", "netns", "exec", suite.net.machine, *as_user(ALICE), str(COMMAND), "connections"], capture_output=True,
                          text=True, timeout=30, env=suite.environment)
    return done.returncode == 1 and "not entitled" in done.stderr


def test_with_nobody_there_the_default_holds_at_once_and_the_question_stays(suite, alice):
    refused = curl(suite, f"http://10.9.0.13:{PORT}/", uid=BOB)
    assert result(refused, 10) == "000 exit 7"
    seen = question(suite, waiting=0)
    assert seen["program"]["uid"] == BOB and seen["connections"] == 1
    done = ask(suite, int(seen["id"]), "allow", "--json")
    assert json.loads(done.stdout) == {"rule": "", "settled": 0, "also_closed": []}
    assert result(curl(suite, f"http://10.9.0.13:{PORT}/", uid=BOB)) == "200", "once: the next connection"
    assert result(curl(suite, f"http://10.9.0.13:{PORT}/", uid=BOB), 10) == "000 exit 7"


def test_questions_are_counted_in_the_metrics(suite, alice):
    waiting = curl(suite, f"http://10.9.0.13:{PORT}/")
    number = int(question(suite, waiting=1)["id"])
    text = suite.command("metrics").stdout
    assert any("prompts_pending" in line and line.endswith(" 1") for line in text.splitlines()), text
    ask(suite, number, "allow")
    assert result(waiting) == "200"


def test_wrong_words_are_refused_with_what_would_be_right(suite, alice):
    assert ask(suite, 999999, "allow", check=False).returncode == 1
    done = ask(suite, 1, "maybe", check=False)
    assert done.returncode == 2 and "allow" in done.stderr
    waiting = curl(suite, f"http://10.9.0.13:{PORT}/")
    number = int(question(suite, waiting=1)["id"])
    done = ask(suite, number, "allow", "--for", "ever", check=False)
    assert done.returncode == 1 and "always" in done.stderr
    ask(suite, number, "dismiss")
    assert result(waiting, 10) == "000 exit 7"


def test_questions_and_answers_are_in_the_history_and_what_a_rule_keeps_out_is_not(suite, alice):
    waiting = curl(suite, f"http://10.9.0.13:{PORT}/")
    number = int(question(suite, waiting=1)["id"])
    ask(suite, number, "block")
    assert result(waiting) == "000 exit 7"

    def told():
        rows = [json.loads(line) for line in suite.command("history", "--questions", "--json").stdout.splitlines()]
        return next((row for row in rows if row["id"] == number and row["closed"]), None)
    row = wait_until(told, 15, lambda: f"it is recorded\n{suite.output()[-2000:]}")
    assert (row["how"], row["action"], row["lifetime"], row["scope"], row["who"]) == ("answered", "block", "once", "host", "root (uid 0)")
    suite.rules(RULES + '\n[[rule]]\nname = "silent"\naction = "block"\nlog = false\nprocess = { path = "$BIN/silent" }\n')
    assert not suite.probe("silent", "tcp", "10.9.0.13", PORT, "--timeout", 1)["ok"]
    assert not suite.probe("noted", "tcp", "10.9.0.13", PORT, "--timeout", 1)["ok"]
    wait_until(lambda: suite.command("history", "--program", "noted", "--json").stdout, 15, "the other is recorded")
    assert suite.command("history", "--program", "silent", "--json").stdout == ""
    suite.rules(RULES)
