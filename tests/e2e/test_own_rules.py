# SPDX-License-Identifier: GPL-3.0-or-later
"""A user without privilege may have less allowed to his own programs, and touches nobody else's."""
import json

from harness.namespaces import run
from harness.suite import COMMAND

ALICE, BOB = 4401, 4402
TARGET = ("app", "tcp", "10.9.0.13", 7000)
RULES = """
[[rule]]
name = "app may"
action = "allow"
process = { path = "$BIN/app" }
[[rule]]
name = "nobody may"
action = "block"
process = { path = "$BIN/other" }
"""


def as_user(suite, uid, *words, check=True):
    return run("ip", "netns", "exec", suite.net.machine, "setpriv", f"--reuid={uid}", f"--regid={uid}", "--clear-groups",
               COMMAND, *words, check=check, env=suite.environment)


def reaches(suite, uid, program="app"):
    return suite.probe(program, *TARGET[1:], user=uid)["ok"]


def test_a_users_rule_stops_his_own_programs_and_no_others(suite):
    assert reaches(suite, ALICE) and reaches(suite, BOB)
    done = as_user(suite, ALICE, "rule", "add", "--block", "--name", "not for me", "--port", 7000)
    assert "of your own" in done.stderr, done
    assert not reaches(suite, ALICE)
    assert reaches(suite, BOB) and suite.probe(*TARGET)["ok"]
    last = suite.connections(program="app")[-3]
    assert last["verdict"]["rule"] == "not for me" and f"{ALICE}-0010" in last["verdict"]["reason"], last
    shown = [json.loads(line) for line in suite.command("rules", "--json").stdout.splitlines()]
    mine = next(rule for rule in shown if rule["name"] == "not for me")
    assert mine["layer"] == "user" and mine["user"] == str(ALICE) and mine["hits"] >= 1, mine
    said = [json.loads(line) for line in suite.command("changes", "--json").stdout.splitlines()][-1]
    assert said["who"].startswith(f"uid {ALICE},") and "not for me" in said["what"], said
    assert [json.loads(line)["name"] for line in
            as_user(suite, ALICE, "rule", "list", "--json").stdout.splitlines()] == ["not for me"]
    assert as_user(suite, BOB, "rule", "list", "--json").stdout == ""
    as_user(suite, ALICE, "rule", "remove", "not for me")
    assert reaches(suite, ALICE)


def test_a_users_rule_never_lets_through_what_others_stop(suite):
    assert not reaches(suite, ALICE, "other")
    as_user(suite, ALICE, "rule", "add", "--allow", "--name", "please")
    assert not reaches(suite, ALICE, "other")
    as_user(suite, ALICE, "rule", "remove", "please")


def test_an_open_connection_of_his_ends_with_his_rule(suite):
    held = suite.hold(*TARGET)
    assert held.say()["ok"]
    suite.command("rule", "add", "--own", "--block", "--name", "root's own", "--port", 7000)
    assert not held.say()["ok"]
    assert reaches(suite, ALICE)
    suite.command("rule", "remove", "--own", "root's own")
    held.close()


def test_a_user_changes_nothing_else(suite):
    for words in (("rule", "reload"), ("profile", "use", "none"), ("undo",), ("rule", "remove", "app may"),
                  ("connections",), ("explain", "--to", "192.0.2.1")):
        done = as_user(suite, ALICE, *words, check=False)
        assert done.returncode == 1, (words, done)
    refused = as_user(suite, ALICE, "rule", "add", "--gate17", "--name", "x", check=False)
    assert refused.returncode != 0 and "administrator" in refused.stderr, refused
    assert suite.probe(*TARGET)["ok"]


def test_a_users_rules_are_there_again_after_a_restart(suite):
    as_user(suite, ALICE, "rule", "add", "--drop", "--name", "silently", "--port", 7000)
    suite.kill("policy")
    suite.wait_enforcing()
    assert suite.probe(*TARGET, "--timeout", 1, user=ALICE)["error"] == "ETIMEDOUT"
    assert reaches(suite, BOB)
    as_user(suite, ALICE, "rule", "remove", "silently")
