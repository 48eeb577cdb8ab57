# SPDX-License-Identifier: GPL-3.0-or-later
"""Lockdown, pause and learn: they hold at once, are seen, end by themselves, and what was learned becomes rules."""
import json
import shutil

from harness.namespaces import wait_until

RULES = """
[[rule]]
name = "the lifeline"
action = "allow"
essential = true
process = { path = "$BIN/lifeline" }

[[rule]]
name = "app may"
action = "allow"
process = { path = "$BIN/app" }

[[rule]]
name = "never"
action = "block"
process = { path = "$BIN/never" }
"""


def connects(suite, name, port=7000):
    return suite.probe(name, "tcp", "10.9.0.13", port, "--timeout", 2)["ok"]


def mode(suite):
    return suite.status()["rules"]["mode"]


def test_lockdown_leaves_only_what_is_essential_and_ends_open_connections(suite):
    held = suite.hold("app", "tcp", "10.9.0.13", 7000)
    assert held.say()["ok"]
    suite.command("lockdown", "1h", "--confirm", "0")
    try:
        assert not held.say()["ok"]
        assert not connects(suite, "app") and connects(suite, "lifeline")
        rules = suite.status()["rules"]
        assert rules["mode"] == "lockdown" and rules["mode_until"] and rules["mode_by"].endswith("(uid 0)")
        assert "lockdown until" in suite.command("status").stdout
        row = suite.connections(program="app")[-1]["verdict"]
        assert row["rule"] == "lockdown", row
    finally:
        suite.command("resume")
        held.close()
    assert connects(suite, "app") and mode(suite) == ""


def test_pause_lets_everything_pass_and_ends_by_itself(suite):
    assert not connects(suite, "never")
    suite.command("pause", "4s", "--confirm", "0")
    assert connects(suite, "never") and mode(suite) == "pause"
    wait_until(lambda: mode(suite) == "", 15, "it has ended")
    assert not connects(suite, "never")


def test_pause_begins_also_where_a_rule_that_is_asked_last_is_switched_off(suite):
    suite.command("settings", "set", "policy.builtin_off", "loopback", "--confirm", "0")
    try:
        suite.command("pause", "1m", "--confirm", "0")
        assert connects(suite, "never") and mode(suite) == "pause"
    finally:
        suite.command("resume")
        suite.command("settings", "reset", "policy.builtin_off", "--confirm", "0")


def test_unconfirmed_it_ends_and_confirmed_it_stays(suite):
    suite.command("lockdown", "1h", "--confirm", "2")
    assert suite.status()["rules"]["mode_confirm_by"]
    wait_until(lambda: mode(suite) == "", 15, "nobody confirmed it")
    assert connects(suite, "app")
    suite.command("lockdown", "1h", "--confirm", "60")
    assert "stays" in suite.command("confirm").stdout
    assert suite.status()["rules"]["mode_confirm_by"] == "" and mode(suite) == "lockdown"
    suite.command("resume")


def test_a_mode_outlives_a_restart_of_policy(suite):
    suite.command("lockdown", "1h", "--confirm", "0")
    suite.kill("policy")
    suite.wait_enforcing()
    assert mode(suite) == "lockdown" and not connects(suite, "app") and connects(suite, "lifeline")
    suite.command("resume")
    suite.kill("policy")
    suite.wait_enforcing()
    assert mode(suite) == "" and connects(suite, "app")


def test_what_was_learned_becomes_rules_that_cover_it(suite):
    assert not connects(suite, "newcomer")
    suite.command("learn", "allow", "1h", "--confirm", "0")
    assert connects(suite, "newcomer", 7000) and connects(suite, "newcomer", 443)
    assert not connects(suite, "never"), "what a rule decides is not learned"
    wait_until(lambda: suite.status()["rules"]["learned"] == 2, 5, "two kinds were seen")
    suite.command("resume")
    assert not connects(suite, "newcomer")
    rules = review(suite)
    assert len(rules) == 1 and rules[0]["connections"] == 2 and rules[0]["kinds"] == 2, rules
    shown = suite.command("learn", "review").stdout
    assert "+action = \"allow\"" in shown and "+port = [443, 7000]" in shown, shown
    assert not connects(suite, "newcomer"), "shown is not taken"
    suite.command("learn", "review", "--accept")
    assert connects(suite, "newcomer", 443) and not connects(suite, "other")
    assert suite.status()["rules"]["learned"] == 0
    suite.command("rule", "remove", rules[0]["name"])


def test_learning_by_blocking_gives_names_and_notes_what_was_tried(suite):
    suite.command("learn", "block", "1h", "--confirm", "0")
    shutil.copy("/usr/bin/curl", suite.programs / "curious")
    done = suite.net.inside(suite.programs / "curious", "-s", "--noproxy", "*", "--max-time", "5", "http://www.allowed.test:7000/", check=False)
    assert done.returncode == 7, f"refused, but not its name: {done}"
    rule = wait_until(lambda: next((r for r in review(suite) if "curious" in r["name"]), None), 5, lambda: f"it was noted: {review(suite)}")
    suite.command("resume")
    assert 'domain = "www.allowed.test"' in rule["toml"] and 'action = "block"' in rule["toml"] and rule["kinds"] == 1, rule
    assert "kind" in suite.command("learn", "forget").stderr
    assert suite.command("learn", "review").stdout == "" and suite.status()["rules"]["learned"] == 0


def review(suite):
    return [json.loads(line) for line in suite.command("learn", "review", "--json").stdout.splitlines()]


def test_wrong_words_are_refused(suite):
    assert suite.command("pause", check=False).returncode == 2
    done = suite.command("pause", "for ever", check=False)
    assert done.returncode == 2 and "30d" in done.stderr
    assert suite.command("pause", "60d", check=False).returncode == 2
    assert "already" in suite.command("resume").stderr
