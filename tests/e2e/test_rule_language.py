# SPDX-License-Identifier: GPL-3.0-or-later
"""What rules can say beyond program and port, on real processes; and changes that are logged and undone."""
import datetime
import json

from harness.namespaces import wait_until

RULES = ""


def connects(suite, program="app", port=7000):
    return suite.probe(program, "tcp", "10.9.0.13", port)["ok"]


def rule(operands, action="allow", name="it"):
    return f'[[rule]]\nname = "{name}"\naction = "{action}"\n{operands}\n'


def test_sets_and_alternatives(suite):
    sets = '[sets]\napps = ["$BIN/app"]\nports = [1, "6999-7001"]\n'
    suite.rules(sets + rule('any-of = [{ process.path = "@apps", port = "@ports" }, { port = 2 }]'))
    assert connects(suite)
    suite.rules(sets + rule('any-of = [{ process.path = "@apps", port = 1 }, { port = 2 }]'))
    assert not connects(suite)


def test_a_command_line_by_an_expression_and_a_group(suite):
    suite.rules(rule("process = { cmdline_regex = '(^| )tcp 10\\.9\\.0\\.13 7000' }\ngroup = \"root\""))
    assert connects(suite)
    suite.rules(rule("process = { cmdline_regex = '^tcp' }"))
    assert not connects(suite)
    suite.rules(rule('group = "nogroup"'))
    assert not connects(suite)


def test_both_ends(suite):
    suite.rules(rule('remote_port = 7000\nlocal_port = "1024-65535"\naddress = "10.9.0.9-10.9.0.13"'))
    assert connects(suite)
    suite.rules(rule('remote_port = 7000\naddress = "10.9.0.9-10.9.0.12"'))
    assert not connects(suite)


def test_hours_of_the_week(suite):
    days = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
    today = datetime.datetime.now().weekday()
    near = [days[(today + d) % 7] for d in (-1, 0, 1)]
    suite.rules(rule(f'time = "{",".join(near)}"'))
    assert connects(suite)
    far = [day for day in days if day not in near]
    suite.rules(rule(f'time = "{",".join(far)}"'))
    assert not connects(suite)


def test_a_rule_until_a_process_exits_is_about_that_process_alone(suite):
    suite.rules(rule('process = { path = "$BIN/app" }'))
    held = suite.hold("app", "tcp", "10.9.0.13", 7000)
    assert held.say()["ok"]
    suite.command("rule", "add", "--block", "--name", "this one", "--pid", held.process.pid)
    listed = [json.loads(line) for line in suite.command("rules", "--json").stdout.splitlines()]
    mine = next(r for r in listed if r["name"] == "this one")
    assert f'{held.process.pid}@' in mine["text"] and mine["expires"] == "process-exit", mine
    assert connects(suite), "another process of the same program is not meant"
    held.process.kill()
    suite.command("rule", "remove", "this one")


def test_changes_are_logged_with_who_made_them_and_undone(suite):
    suite.rules("")
    assert not connects(suite)
    suite.command("rule", "add", "--allow", "--name", "logged", "--program", suite.programs / "app")
    assert connects(suite)
    suite.command("rule", "remove", "logged")
    assert not connects(suite)
    suite.command("undo")
    assert connects(suite)
    suite.command("undo")
    assert not connects(suite)
    changes = [json.loads(line) for line in suite.command("changes", "--json").stdout.splitlines()]
    assert [c["what"] for c in changes[-4:]][:2] == ['rule "logged" was added', 'rule "logged" was removed'], changes
    assert all(c["who"].startswith("uid 0, pid ") for c in changes[-4:])
    assert "+name = \"logged\"" in changes[-4]["diff"]
    assert changes[-2]["undoes"] == changes[-3]["number"] and changes[-3]["undone"]
    done = suite.command("undo", changes[-4]["number"], check=False)
    assert done.returncode == 1 and "undone already" in done.stderr, done
    suite.write_rules(rule('process = { path = "$BIN/app" }', name="by hand"))
    wait_until(lambda: connects(suite), 5, "the file is in force")
    assert "by hand" in suite.command("changes", "--diff").stdout


def test_the_whole_policy_goes_out_and_comes_back(suite, tmp_path):
    suite.rules(rule('process = { path = "$BIN/app" }', name="theirs"))
    suite.command("rule", "add", "--block", "--name", "ours", "--port", 7001)
    archive = tmp_path / "policy.toml"
    suite.command("export", archive)
    suite.command("rule", "remove", "ours")
    suite.rules("")
    assert not connects(suite)
    suite.command("import", "archive", archive)
    suite.command("rule", "reload")
    assert connects(suite)
    names = [json.loads(line)["name"] for line in suite.command("rules", "--json").stdout.splitlines()]
    assert "theirs" in names and "ours" in names
    suite.command("rule", "remove", "ours")


def test_expectations_are_run_against_the_rules_in_files(suite, tmp_path):
    (tmp_path / "a.toml").write_text(rule('process = { path = "/usr/bin/curl" }\nport = 443'))
    expect = '[[expect]]\nname = "{}"\nflow = {{ process = {{ path = "/usr/bin/curl" }}, port = {} }}\naction = "allow"\n'
    tests = tmp_path / "a.test"
    tests.write_text('rules = ["a.toml"]\ndefault = "block"\n' + expect.format("good", 443))
    done = suite.command("test", tmp_path)
    assert done.stdout.splitlines() == ["TAP version 13", "ok 1 - good", "1..1"], done
    tests.write_text('rules = ["a.toml"]\ndefault = "block"\n' + expect.format("bad", 80))
    done = suite.command("test", tests, check=False)
    assert done.returncode == 1 and "not ok 1 - bad" in done.stdout and "port: wants 443, has 80" in done.stdout, done
