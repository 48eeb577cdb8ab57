# SPDX-License-Identifier: GPL-3.0-or-later
"""Settings: shown as they are in force, those of [policy] changed by command and API at once, the others by nobody but the file's owner."""
import json
import re
import signal

import pytest
from harness.gateway import JSON, ORIGIN, Login, ask
from harness.namespaces import wait_until

DEFAULT = "allow"


def setting(suite, name):
    section, _, key = name.rpartition(".")
    page = suite.json("settings")
    return next(s for s in page["settings"] if (s["section"], s["key"]) == (section, key))


def reached(suite):
    return suite.probe("settings-probe", "tcp", "10.9.0.13", 7000)["ok"]


def patch(suite, login, etag, *settings):
    body = json.dumps({"settings": [dict(zip(("name", "value"), s)) for s in settings]})
    return ask(suite, login.headers, "settings", "-X", "PATCH", *ORIGIN, *JSON, "-H", f"If-Match: {etag}", "-d", body)


@pytest.fixture
def fresh(suite):
    yield suite
    for name in ("default", "unanswered", "answer_seconds", "keep_existing", "builtin_off"):
        suite.command("settings", "reset", f"policy.{name}")


def test_the_default_is_changed_by_command_and_in_force_at_once(fresh):
    assert reached(fresh)
    fresh.command("settings", "set", "policy.default", "block")
    assert not reached(fresh)
    shown = setting(fresh, "policy.default")
    assert shown["value"] == '"block"' and shown["changeable"] and re.fullmatch(r"change \d+", shown["origin"]), shown
    last = json.loads(fresh.command("changes", "--json").stdout.splitlines()[-1])
    assert last["what"] == "settings were changed: policy.default = block" and "uid 0" in last["who"], last
    assert shown["origin"] == f"change {last['number']}"
    fresh.command("undo")
    assert reached(fresh)
    assert "portreeve.toml:" in setting(fresh, "policy.default")["origin"]


def test_what_was_set_outlives_policy_and_travels_in_an_archive(fresh, tmp_path):
    fresh.command("settings", "set", "policy.default", "block")
    fresh.command("settings", "set", "policy.builtin_off", "loopback")
    fresh.kill("policy", signal.SIGKILL)
    fresh.wait_enforcing()
    assert not reached(fresh)
    archive = tmp_path / "archive.toml"
    fresh.command("export", str(archive))
    fresh.command("settings", "reset", "policy.default")
    assert reached(fresh)
    fresh.command("import", "archive", str(archive))
    wait_until(lambda: not reached(fresh), 10, lambda: setting(fresh, "policy.default"))
    assert setting(fresh, "policy.builtin_off")["value"] == '["loopback"]'


def test_the_page_changes_a_setting_that_it_has_seen(fresh):
    login = Login(fresh)
    code, head, page = ask(fresh, login.headers, "settings")
    etag = re.search(r"(?i)etag: (\S+)", head)[1]
    assert code == 200 and len(page["settings"]) > 30
    code, head, changed = patch(fresh, login, etag, ("policy.default", "drop"), ("policy.answer_seconds", "30"))
    assert code == 200, changed
    assert not reached(fresh)
    values = {f"{s['section']}.{s['key']}": s["value"] for s in changed["settings"]["settings"]}
    assert (values["policy.default"], values["policy.answer_seconds"]) == ('"drop"', "30")
    assert patch(fresh, login, etag, ("policy.default", "block"))[0] == 412
    etag = re.search(r"(?i)etag: (\S+)", head)[1]
    assert patch(fresh, login, etag, ("policy.default", ""))[0] == 200
    assert reached(fresh)


@pytest.mark.parametrize("name, value, words", [
    ("resolver.upstreams", '["192.0.2.1"]', "in portreeve.toml by the administrator"),
    ("interceptor.queues", "4", "after a restart of portreeve-interceptor"),
    ("policy.default", "perhaps", 'must be "allow", "block" or "drop"'),
    ("policy.colour", "red", "there is no setting"),
    ("policy.builtin_off", '["lopback"]', 'did you mean "loopback"')])
def test_what_cannot_be_changed_is_refused_in_words(suite, name, value, words):
    code, _, problem = patch(suite, Login(suite), "*", (name, value))
    assert code == 400 and words in problem["detail"], problem
    done = suite.command("settings", "set", name, value, check=False)
    assert done.returncode == 1 and words in done.stderr, done.stderr
    assert "portreeve.toml:" in setting(suite, "policy.default")["origin"], "nothing has changed"


def test_a_session_that_observes_changes_no_setting(suite):
    login = Login(suite, "--observe")
    assert ask(suite, login.headers, "settings")[0] == 200
    assert patch(suite, login, "*", ("policy.default", "block"))[0] == 403
    assert reached(suite)


def test_a_saved_portreeve_toml_is_in_force_and_one_that_is_bad_changes_nothing(fresh):
    path = fresh.config / "portreeve.toml"
    before = path.read_text()
    try:
        path.write_text(before.replace(f'default = "{DEFAULT}"', 'default = "block"'))
        wait_until(lambda: not reached(fresh), 10, lambda: setting(fresh, "policy.default"))
        path.write_text("[policy]\ndefault = \"perhaps\"\n")
        wait_until(lambda: "policy.default must be" in fresh.status()["rules"]["error"], 10, lambda: fresh.status()["rules"])
        assert not reached(fresh)
    finally:
        path.write_text(before)
    wait_until(lambda: reached(fresh), 10, lambda: setting(fresh, "policy.default"))
    assert fresh.status()["rules"]["error"] == ""


def test_a_change_that_nobody_confirms_is_taken_back(fresh):
    fresh.command("settings", "set", "policy.default", "block", "--confirm", "2")
    assert not reached(fresh)
    wait_until(lambda: reached(fresh), 20, lambda: setting(fresh, "policy.default"))
