# SPDX-License-Identifier: GPL-3.0-or-later
"""A new rule set is in force at once and whole, also for connections that are open; a bad one never is."""
import json

from harness.namespaces import wait_until

ALLOW = '[[rule]]\nname = "allow it"\naction = "allow"\nprocess = { path = "$BIN/app" }\n'
BLOCK = '[[rule]]\nname = "block it"\naction = "block"\nprocess = { path = "$BIN/app" }\n'
RULES = ALLOW


def connects(suite):
    return suite.probe("app", "tcp", "10.9.0.13", 7000)["ok"]


def test_a_changed_file_is_noticed_without_being_told(suite):
    assert connects(suite)
    suite.write_rules(BLOCK)
    wait_until(lambda: not connects(suite), 5, "the new file is in force")
    suite.write_rules(ALLOW)
    wait_until(lambda: connects(suite), 5, "the old rules are back")


def test_an_open_connection_that_is_now_blocked_ends_at_once(suite):
    suite.rules(ALLOW)
    held = suite.hold("app", "tcp", "10.9.0.13", 7000)
    held6 = suite.hold("app", "tcp", "fd09::13", 7000)
    assert held.say()["ok"] and held6.say()["ok"]
    suite.rules(BLOCK)
    for one in (held, held6):
        seen = one.say()
        assert not seen["ok"] and seen["error"] != "ETIMEDOUT", seen
        assert seen["us"] < 1_000_000
        one.close()
    suite.rules(ALLOW)


def test_an_open_connection_that_stays_allowed_is_left_alone(suite):
    suite.rules(ALLOW)
    held = suite.hold("app", "tcp", "10.9.0.13", 7000)
    suite.rules(ALLOW.replace("allow it", "allow it by another name"))
    assert held.say()["ok"]
    held.close()


def test_udp_that_is_now_blocked_gets_nothing_more_through(suite):
    suite.rules(ALLOW)
    held = suite.hold("app", "udp", "10.9.0.13", 7000, "--timeout", 1)
    assert held.say()["ok"]
    suite.rules(BLOCK)
    assert not held.say()["ok"]
    held.close()
    suite.rules(ALLOW)


def test_a_bad_file_leaves_the_last_good_set_in_force_and_is_said_with_its_place(suite):
    suite.rules(ALLOW)
    done = suite.rules('[[rule]]\nname = "x"\naction = "alow"\n')
    assert done.returncode == 1
    assert "50-test.toml:3:10" in done.stdout + done.stderr, done
    assert connects(suite)
    status = suite.status()
    assert "50-test.toml:3:10" in status["rules"]["error"], status["rules"]
    assert status["state"] == "degraded"
    suite.rules(ALLOW)
    assert suite.status()["rules"]["error"] == ""


def test_check_tells_good_files_from_bad_ones_without_the_suite(suite, tmp_path):
    bad = tmp_path / "bad.toml"
    bad.write_text('[[rule]]\nname = "x"\naction = "allow"\nport = 70000\n')
    done = suite.command("check", bad, check=False)
    assert done.returncode == 1 and f"{bad}:4:8" in done.stdout + done.stderr, done
    bad.write_text('[[rule]]\nname = "x"\naction = "allow"\nport = 7000\n')
    assert suite.command("check", bad).returncode == 0


def test_a_rule_is_added_and_removed_by_the_command(suite):
    suite.rules("")
    assert not connects(suite)
    suite.command("rule", "add", "--allow", "--name", "by hand", "--program", suite.programs / "app")
    assert connects(suite)
    listed = [json.loads(line) for line in suite.command("rule", "list", "--json").stdout.splitlines()]
    mine = next(r for r in listed if r["name"] == "by hand")
    assert mine["action"] == "allow" and "policy/rules.d/" in mine["origin"], mine
    suite.command("rule", "remove", "by hand")
    assert not connects(suite)
    suite.rules(ALLOW)


def test_a_change_with_confirm_reverts_by_itself(suite):
    suite.rules(ALLOW)
    held = suite.hold("app", "tcp", "10.9.0.13", 7000)
    suite.rules("")
    suite.command("rule", "add", "--allow", "--name", "for a moment", "--program", suite.programs / "app", "--confirm", 2)
    assert connects(suite)
    wait_until(lambda: not connects(suite), 6, "the change reverts")
    suite.command("rule", "add", "--allow", "--name", "for good", "--program", suite.programs / "app", "--confirm", 2)
    suite.command("confirm")
    wait_until(lambda: suite.status()["rules"]["confirm_by"] == "", 5, "nothing is pending")
    assert connects(suite)
    suite.command("rule", "remove", "for good")
    held.process.kill()
    suite.rules(ALLOW)
