# SPDX-License-Identifier: GPL-3.0-or-later
"""The past: connections and names are recorded behind the verdict, found again, replayed and forgotten."""
import contextlib
import json
import os
import re
import signal
import subprocess
import time

import pytest

from harness import mmdb
from harness.namespaces import wait_until

DEFAULT = "allow"
RULES = """
[[rule]]
name = "not this one"
action = "block"
process = { path = "$BIN/forbidden" }
"""


def history(suite, *words):
    done = suite.command("history", *words, "--json")
    return [json.loads(line) for line in done.stdout.splitlines() if line.strip()]


def recorded(suite, program, seconds=10, **wanted):
    def look():
        return [r for r in history(suite, "--program", program) if all(r[k] == v for k, v in wanted.items())]
    return wait_until(look, seconds, lambda: f"{program} in history; {history(suite)[:3]}\n{suite.output()[-2000:]}")


@contextlib.contextmanager
def rules_beside(suite, text, name):
    """Further rules of the administrator's, in force meanwhile."""
    assert suite.rules(text, name).returncode == 0
    try:
        yield
    finally:
        (suite.config / "rules.d" / name).unlink()
        suite.command("rule", "reload")


def replayed(suite, program):
    """What the rules in force would have changed for it in the last hour."""
    outcome = suite.json("replay", "--since", "1h")
    return next(c for c in outcome["changes"] if c["program"].endswith(f"/{program}"))


def counter(suite, process, name):
    counters = next(p for p in suite.status()["processes"] if p["name"] == process)["counters"]
    return next(c["value"] for c in counters if c["name"] == name)


def test_a_connection_is_found_again_with_all_that_was_known_of_it(suite):
    suite.probe("visitor", "tcp", "10.9.0.13", 7000)
    row = recorded(suite, "visitor")[-1]
    live = suite.connections(program="visitor")[-1]
    for key in ("time", "direction", "protocol", "local", "remote", "verdict", "domain"):
        assert row[key] == live[key], key
    # What was not known is empty text, or is left out.
    assert {k: v for k, v in row["process"].items() if v} == {k: v for k, v in live["process"].items() if v}
    assert set(row) == set(live)


def test_a_blocked_one_is_there_with_the_rule(suite):
    suite.probe("forbidden", "tcp", "10.9.0.13", 7000)
    row = recorded(suite, "forbidden")[-1]
    assert row["verdict"]["action"] == "block" and row["verdict"]["rule"] == "not this one"
    assert [r["verdict"]["rule"] for r in history(suite, "--action", "block", "--program", "forbidden")]
    assert not history(suite, "--action", "allow", "--program", "forbidden")


def test_its_end_and_bytes_are_told_when_it_is_over(suite):
    suite.probe("counted", "tcp", "10.9.0.13", 7000)
    recorded(suite, "counted")
    suite.net.inside("conntrack", "-D", "-p", "tcp", "--dport", 7000)  # instead of two minutes of TIME_WAIT
    row = wait_until(lambda: [r for r in history(suite, "--program", "counted") if r["state"] == "ended"], 30,
                     "the connection has ended in the history")[0]
    assert row["ended"] >= row["time"]
    assert row["bytes_in"] > 0 and row["bytes_out"] > 0


def test_names_that_were_asked_for_are_recorded(suite):
    suite.net.inside("dig", "+short", "www.allowed.test", "@10.9.0.54")
    rows = wait_until(lambda: history(suite, "--queries", "--domain", ".allowed.test"), 10, "the name is recorded")
    assert rows[0]["name"] == "www.allowed.test" and rows[0]["type"] == "A" and rows[0]["action"] == "allow"
    assert rows[0]["program"].endswith("/dig")


def test_groups_are_counted(suite):
    recorded(suite, "visitor")
    groups = {g["key"]: g for g in history(suite, "--by", "program", "--limit", "1000")}
    assert groups[str(suite.program("forbidden"))]["refused"] >= 1
    assert groups[str(suite.program("visitor"))]["refused"] == 0
    assert history(suite, "--by", "hour", "--since", "1h")


def test_wrong_words_are_refused_with_what_would_be_right(suite):
    done = suite.command("history", "--since", "yesterday", check=False)
    assert done.returncode == 2 and "7d" in done.stderr
    done = suite.command("history", "--by", "colour", check=False)
    assert done.returncode == 1 and "program" in done.stderr


def test_a_killed_historian_costs_no_verdict_and_loses_nothing(suite):
    pid = suite.kill("historian", signal.SIGSTOP)
    for _ in range(5):
        suite.probe("meanwhile", "tcp", "10.9.0.13", 7000)
    os.kill(pid, signal.SIGKILL)
    assert suite.probe("meanwhile", "tcp", "10.9.0.13", 7000)["ok"]
    wait_until(lambda: len(history_or_none(suite, "meanwhile")) == 6, 20,
               lambda: f"all six are recorded: {history_or_none(suite, 'meanwhile')}")
    suite.wait_enforcing()


def history_or_none(suite, program):
    done = suite.command("history", "--program", program, "--json", check=False)
    return done.stdout.splitlines() if done.returncode == 0 else []


def test_a_restart_of_policy_begins_another_life(suite):
    before = len(recorded(suite, "visitor"))
    suite.kill("policy")
    suite.wait_enforcing()
    suite.probe("visitor", "tcp", "10.9.0.13", 7000)
    wait_until(lambda: len(history(suite, "--program", "visitor")) == before + 1, 10, "both lives are in the history")


def test_a_damaged_database_is_kept_aside_and_recording_goes_on(suite):
    recorded(suite, "visitor")
    pid = suite.kill("historian", signal.SIGSTOP)
    database = suite.state / "history" / "history.db"
    database.write_bytes(b"not a database at all" * 1000)
    for rest in ("history.db-wal", "history.db-shm"):
        (suite.state / "history" / rest).unlink(missing_ok=True)
    os.kill(pid, signal.SIGKILL)
    suite.wait_enforcing()
    suite.probe("afterwards", "tcp", "10.9.0.13", 7000)
    recorded(suite, "afterwards", 20)
    kept = list((suite.state / "history").glob("history.db.damaged-*"))
    assert len(kept) == 1 and kept[0].read_bytes().startswith(b"not a database")
    assert any("damaged" in gap["reason"] for gap in history(suite, "--gaps"))


def test_replay_says_what_other_rules_would_have_changed(suite, tmp_path):
    suite.probe("replayed", "tcp", "10.9.0.13", 7000)
    recorded(suite, "replayed")
    folder = tmp_path / "rules.d"
    folder.mkdir()
    (folder / "10.toml").write_text(
        f'[[rule]]\nname = "never"\naction = "drop"\nprocess = {{ path = "{suite.program("replayed")}" }}\n')
    outcome = suite.json("replay", "--rules", folder, "--since", "1h")
    change = next(c for c in outcome["changes"] if c["program"].endswith("/replayed"))
    assert (change["before"], change["after"], change["rule"]) == ("allow", "drop", "never")
    assert change["origin"].endswith("10.toml:1") and change["connections"] >= 1
    outcome = suite.json("replay", "--since", "1h")
    assert not any(c["program"].endswith("/replayed") for c in outcome["changes"])


def test_a_connection_of_the_past_is_explained(suite):
    suite.probe("explained", "tcp", "10.9.0.13", 7000)
    row = recorded(suite, "explained")[-1]
    words = suite.command("explain", int(row["id"])).stdout
    assert re.search(r"It was allowed .*; the rules now in force decide the same|It was allowed by rule", words), words
    told = suite.json("explain", int(row["id"]))
    assert told["connection"]["process"]["path"].endswith("/explained") and told["considered"][-1]["matched"], told
    missing = suite.command("explain", int(row["id"]) + 10**6, check=False)
    assert missing.returncode == 1 and "is not in the history" in missing.stderr, missing


def test_replay_takes_the_files_in_force_with_their_sets(suite):
    suite.probe("insets", "tcp", "10.9.0.13", 7000)
    recorded(suite, "insets")
    rules = '[sets]\nseven = [7000]\n[[rule]]\nname = "by set"\naction = "drop"\nport = "@seven"\n'
    with rules_beside(suite, rules, "00-sets.toml"):
        change = replayed(suite, "insets")
        assert change["rule"] == "by set" and change["origin"].endswith("00-sets.toml:3"), change
        tried = suite.json("rule", "add", "--try", "--allow", "--program", suite.programs / "nobody")
        assert any(c["rule"] == "by set" for c in tried["changes"]), tried


def test_replay_knows_the_databases_that_the_rules_name(suite):
    suite.probe("faraway", "tcp", "10.9.0.13", 7000)
    recorded(suite, "faraway")
    mmdb.write(suite.config / "country.mmdb", {"10.9.0.13": {"country": {"iso_code": "NZ"}}})
    rules = '[databases]\ncountry = "../country.mmdb"\n[[rule]]\nname = "by country"\naction = "drop"\ncountry = "NZ"\n'
    with rules_beside(suite, rules, "00-country.toml"):
        assert replayed(suite, "faraway")["rule"] == "by country"


def test_a_rule_can_be_tried_before_it_is_taken(suite):
    suite.probe("tried", "tcp", "10.9.0.13", 7000)
    recorded(suite, "tried")
    before = suite.command("rule", "list").stdout
    outcome = suite.json("rule", "add", "--try", "--block", "--program", suite.program("tried"))
    assert any(c["program"].endswith("/tried") and c["after"] == "block" for c in outcome["changes"])
    assert suite.command("rule", "list").stdout.count("tried") == before.count("tried")


def test_purge_forgets_what_it_is_told_to(suite):
    recorded(suite, "visitor") if history(suite, "--program", "visitor") else suite.probe("visitor", "tcp", "10.9.0.13", 7000)
    recorded(suite, "visitor")
    assert suite.command("history", "purge", check=False).returncode == 1, "everything must be asked for"
    suite.command("history", "purge", "--program", "visitor")
    assert not history(suite, "--program", "visitor")
    assert history(suite)
    suite.command("history", "purge", "--everything")
    assert not history(suite, "--until", "1s")


def test_metrics_are_in_the_text_form_of_prometheus(suite):
    text = suite.command("metrics").stdout
    assert '\nportreeve_state{state="enforcing"} 1\n' in text
    assert "\nportreeve_verdicts_total{" in text
    declared = [line.split()[2] for line in text.splitlines() if line.startswith("# TYPE")]
    assert len(declared) == len(set(declared))
    for line in text.splitlines():
        if not line.startswith("#"):
            float(line.rsplit(" ", 1)[1])


def test_a_stranger_may_not_see_the_past(suite):
    done = suite.net.inside("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "env",
                            f"RUNTIME_DIRECTORY={suite.runtime}", suite.command("--version").args[4], "history", check=False)
    assert done.returncode == 1 and "portreeve-observe" in done.stderr
    folder = suite.state / "history"
    assert folder.stat().st_mode & 0o777 == 0o700
    assert (folder / "history.db").stat().st_mode & 0o777 == 0o600
