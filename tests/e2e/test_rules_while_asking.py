# SPDX-License-Identifier: GPL-3.0-or-later
"""A question that waits, and rules of all layers that change meanwhile: by files, by an answer, by a user, by a policy that dies over it."""
import json
import os
import re
import signal
import subprocess
from pathlib import Path

import pytest

from harness.namespaces import wait_until
from harness.suite import COMMAND

ALICE = 1000
HOST, PORT = "10.9.0.13", 7000
MANY, FILES = 12_000, 4
RULES = """
[[rule]]
name = "ask about app"
action = "ask"
process = { path = "$BIN/app" }

[[rule]]
name = "other may"
action = "allow"
process = { path = "$BIN/other" }
"""
OTHER_MAY_NOT = RULES.replace('"other may"\naction = "allow"', '"other may not"\naction = "block"')


def write_many(suite):
    """Rules that take seconds to compile and are about nothing that is done here."""
    for file in range(FILES):
        suite.write_rules("".join(
            f'[[rule]]\nname = "n{i}"\naction = "block"\nprocess = {{ path = "/opt/n{i}/**", cmdline_regex = "^n{i} (a|b)+[0-9]*$" }}\n'
            for i in range(file, MANY, FILES)), f"9{file}-many.toml")


def as_user(suite, uid, *words, check=True):
    done = subprocess.run(["ip", "netns", "exec", suite.net.machine, "setpriv", f"--reuid={uid}", f"--regid={uid}", "--clear-groups",
                           str(COMMAND), *map(str, words)], capture_output=True, text=True, timeout=60, env=suite.environment)
    assert not check or done.returncode == 0, f"{words}: exit {done.returncode}\n{done.stdout}{done.stderr}"
    return done


class Waiting:
    """A connection of Alice's `app`, on its way."""

    def __init__(self, suite, port=PORT):
        self.process = subprocess.Popen(
            ["ip", "netns", "exec", suite.net.machine, "setpriv", f"--reuid={ALICE}", f"--regid={ALICE}", "--clear-groups",
             str(suite.program("app")), "tcp", HOST, str(port), "--timeout", "100"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        suite.net.processes.append(self.process)

    def waits(self):
        return self.process.poll() is None

    def result(self, seconds=60):
        text, _ = self.process.communicate(timeout=seconds)
        return json.loads(text.splitlines()[-1])


@pytest.fixture(autouse=True)
def somebody_is_there(suite):
    watcher = subprocess.Popen(["ip", "netns", "exec", suite.net.machine, "setpriv", f"--reuid={ALICE}", f"--regid={ALICE}", "--clear-groups",
                                str(COMMAND), "ask"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                               env=suite.environment)
    suite.net.processes.append(watcher)
    watcher.stdout.readline()
    yield
    watcher.stdin.close()
    watcher.stdout.close()
    watcher.wait(10)
    for one in questions(suite):
        suite.command("ask", int(one["id"]), "dismiss", check=False)
    for rule in rules(suite):
        if rule["layer"] == "suite":
            suite.command("rule", "remove", rule["name"])
        elif rule["layer"] == "user":
            as_user(suite, rule["user"], "rule", "remove", rule["name"])
    for file in (suite.config / "rules.d").glob("*-many.toml"):
        file.unlink()
    suite.rules(RULES)


def questions(suite):
    return [json.loads(line) for line in suite.command("ask", "--list", "--json").stdout.splitlines()]


def question(suite, seconds=30):
    def look():
        found = questions(suite)
        return found[0] if len(found) == 1 else None
    return wait_until(look, seconds, lambda: f"one question: {questions(suite)}\n{suite.output()[-3000:]}")


def rules(suite):
    return [json.loads(line) for line in suite.command("rules", "--json").stdout.splitlines()]


def names(suite):
    return [rule["name"] for rule in rules(suite)]


def reaches(suite, program, user=None):
    return suite.probe(program, "tcp", HOST, PORT, "--timeout", 5, user=user)["ok"]


def loads(suite):
    """How many rules were in force, each time that a set came into force."""
    return [int(number) for number in re.findall(r"rules: (\d+) in force", suite.output())]


def compiles(pid):
    """Whether a thread of policy's that is not its event loop is busy."""
    def state(task):
        try:
            return (task / "stat").read_text().rpartition(")")[2].split()[0]
        except FileNotFoundError:
            return "gone"
    return any(state(task) == "R" for task in Path(f"/proc/{pid}/task").iterdir() if task.name != str(pid))


def test_while_many_rules_compile_others_get_their_verdict_and_the_question_waits(suite):
    waiting = Waiting(suite)
    before = question(suite)
    seen = len(loads(suite))
    write_many(suite)
    suite.write_rules(OTHER_MAY_NOT)
    decided = []
    while len(loads(suite)) == seen or loads(suite)[-1] < MANY:
        decided.append(suite.probe("other", "tcp", HOST, PORT, "--timeout", 5))
        assert len(decided) < 2000, suite.output()[-2000:]
    assert not any(one.get("error") == "ETIMEDOUT" for one in decided), decided
    assert not reaches(suite, "other")
    assert waiting.waits() and question(suite)["id"] == before["id"]
    suite.command("ask", int(before["id"]), "allow", "--for", "always", "--scope", "port")
    assert waiting.result()["ok"]
    answer = next(rule for rule in rules(suite) if rule["name"].startswith("answer "))
    assert answer["layer"] == "suite" and "answer = true" in answer["text"]
    assert reaches(suite, "app", ALICE), "the answer holds"


def test_policy_killed_while_it_compiles_loses_neither_the_question_nor_the_rules(suite):
    waiting = Waiting(suite)
    before = question(suite)
    wait_until(lambda: "[[question]]" in (suite.state / "policy" / "prompts.toml").read_text(), 5, "it is on the disk")
    seen, dead = len(loads(suite)), suite.pid("policy")
    write_many(suite)
    wait_until(lambda: compiles(dead), 10, "it compiles")
    os.kill(dead, signal.SIGKILL)
    assert all(number < MANY for number in loads(suite)[seen:]), "it was killed too late to show anything"
    wait_until(lambda: suite.pid("policy") not in (0, dead), 15, "policy is back")
    suite.wait_enforcing(60)
    assert loads(suite)[-1] >= MANY and "n11999" in names(suite)
    after = question(suite)
    assert after["id"] == before["id"] and waiting.waits()
    suite.command("ask", int(after["id"]), "allow")
    assert waiting.result(90)["ok"], suite.output()[-3000:]


def test_a_users_rule_answers_no_question_but_can_end_it_with_no(suite):
    waiting = Waiting(suite)
    question(suite)
    as_user(suite, ALICE, "rule", "add", "--allow", "--name", "please")
    assert waiting.waits() and len(questions(suite)) == 1
    as_user(suite, ALICE, "rule", "remove", "please")
    as_user(suite, ALICE, "rule", "add", "--block", "--name", "rather not", "--port", PORT)
    seen = waiting.result(10)
    assert not seen["ok"] and seen["error"] != "ETIMEDOUT", seen
    assert questions(suite) == []


def test_what_somebody_answered_with_yes_a_users_rule_still_stops_for_him(suite):
    waiting = Waiting(suite)
    suite.command("ask", int(question(suite)["id"]), "allow", "--for", "always", "--scope", "program")
    assert waiting.result()["ok"]
    as_user(suite, ALICE, "rule", "add", "--block", "--name", "not any more", "--port", PORT)
    assert not reaches(suite, "app", ALICE)
    assert suite.connections(program="app")[-1]["verdict"]["rule"] == "not any more"
    as_user(suite, ALICE, "rule", "remove", "not any more")
    assert reaches(suite, "app", ALICE)


def test_confirming_and_undoing_leave_a_users_rules_to_him(suite):
    suite.command("rule", "add", "--block", "--name", "for a moment", "--program", suite.program("other"), "--confirm", 3)
    as_user(suite, ALICE, "rule", "add", "--block", "--name", "mine", "--port", 9)
    wait_until(lambda: "for a moment" not in names(suite), 10, "what nobody confirmed is taken back")
    assert "mine" in names(suite)
    suite.command("rule", "add", "--block", "--name", "by root", "--program", suite.program("other"))
    as_user(suite, ALICE, "rule", "add", "--block", "--name", "mine too", "--port", 10)
    suite.command("undo")
    assert "by root" not in names(suite) and "mine" in names(suite) and "mine too" in names(suite)
    mine = [json.loads(line) for line in suite.command("changes", "--json").stdout.splitlines() if "mine too" in line][-1]
    suite.command("undo", int(mine["number"]))
    assert "mine too" not in names(suite) and "mine" in names(suite)
