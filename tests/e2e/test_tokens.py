# SPDX-License-Identifier: GPL-3.0-or-later
"""Tokens: what a script may with one, for whom it is good, and when it ends."""
import json
import signal
import time

import pytest
from harness.gateway import Login, ask, curl, post
from harness.namespaces import wait_until

DEFAULT = "allow"


def create(suite, name, *options):
    made = json.loads(suite.command("token", "create", name, "--json", *options).stdout)
    return ["-H", f"Authorization: Bearer {made['token']}"], made


def test_a_script_sees_with_a_token_and_changes_nothing(suite):
    shown, made = create(suite, "looks")
    assert made["view"]["role"] == "observe" and made["view"]["user"] == "root"
    assert ask(suite, shown, "status")[2]["state"] == "enforcing"
    code, _, metrics = curl(suite, *shown, "http://127.0.0.1:817/api/v1/metrics")
    assert code == 200 and "# TYPE" in metrics
    assert ask(suite, shown, "rules/confirm", "-X", "POST", "-d", "")[0] == 403
    assert ask(suite, shown, "tokens")[0] == 403


def test_a_token_that_may_change_needs_no_origin_but_a_foreign_one_is_refused(suite):
    shown, _ = create(suite, "changes", "--role", "change")
    toml = '[[rule]]\nname = "by a script"\naction = "block"\nprocess = { path = "%s" }\n' % suite.program("scripted")
    body = ["-X", "POST", "-H", "Content-Type: application/json", "-H", "If-Match: *", "-d", json.dumps({"toml": toml})]
    assert ask(suite, shown, "rules", *body, "-H", "Origin: http://evil.example")[0] == 403
    assert ask(suite, shown, "rules", *body)[0] == 200
    assert not suite.probe("scripted", "tcp", "10.9.0.13", 7000)["ok"]
    suite.command("rule", "remove", "by a script")


def test_a_script_with_a_token_that_answers_settles_a_connection_that_waits_for_it(suite):
    suite.rules('[[rule]]\nname = "ask"\naction = "ask"\nprocess = { path = "%s" }\n' % suite.program("asks"))
    shown, _ = create(suite, "answers", "--role", "answer", "--for-user", "1000")
    become = ["setpriv", "--reuid=1000", "--regid=1000", "--clear-groups"]
    stream = suite.net.start(suite.net.machine, *become, "curl", "-sN", "--max-time", 40, *shown, "http://127.0.0.1:817/api/v1/events?present=true")
    lines = iter(stream.stdout.readline, "")
    assert any(line == "event: ready\n" for line in lines)
    waiting = suite.net.start(suite.net.machine, *become, suite.program("asks"), "tcp", "10.9.0.13", 7000, "--timeout", 30)
    assert any(line == "event: prompt\n" for line in lines), "the question came by the stream"
    asked = json.loads(next(lines).removeprefix("data: "))
    url = "http://127.0.0.1:817/api/v1/prompts"
    assert [q["id"] for q in json.loads(curl(suite, *shown, url, user=1000)[2])["prompts"]] == [asked["id"]]
    answer = json.dumps({"id": asked["id"], "action": "allow", "lifetime": "once", "scope": "host"})
    code, _, body = curl(suite, *shown, "-H", "Content-Type: application/json", "-d", answer, f"{url}/answer", user=1000)
    assert code == 200 and json.loads(body)["settled"] == 1, body
    assert json.loads(waiting.communicate(timeout=30)[0])["ok"]
    stream.terminate()
    suite.rules("")


def test_a_script_with_a_token_that_changes_begins_and_ends_a_mode(suite):
    looking, _ = create(suite, "looks on", "--role", "answer")
    shown, _ = create(suite, "steers", "--role", "change")
    body = ["-H", "Content-Type: application/json", "-d"]
    lockdown = [*body, json.dumps({"mode": "lockdown", "seconds": 60})]
    assert ask(suite, looking, "mode", *lockdown)[0] == 403
    assert ask(suite, shown, "mode", *lockdown)[0] == 200
    assert not suite.probe("locked-out", "tcp", "10.9.0.13", 7000)["ok"]
    assert ask(suite, shown, "mode", *body, json.dumps({"mode": "none"}))[0] == 200
    assert suite.probe("locked-out", "tcp", "10.9.0.13", 7000)["ok"]


def test_a_token_is_for_one_users_programs(suite):
    shown, _ = create(suite, "for another", "--for-user", "65534")
    url = "http://127.0.0.1:817/api/v1/status"
    assert curl(suite, *shown, url)[0] == 403
    assert curl(suite, *shown, url, user=65534)[0] == 200


def test_a_revoked_token_is_no_good_at_once(suite):
    shown, made = create(suite, "brief")
    assert ask(suite, shown, "session")[0] == 200
    suite.command("token", "revoke", "brief")
    assert ask(suite, shown, "session")[0] == 401
    assert made["view"]["id"] not in [json.loads(line)["id"] for line in suite.command("token", "list", "--json").stdout.splitlines()]


def test_tokens_survive_a_restart_of_policy_and_are_kept_as_hashes(suite):
    shown, made = create(suite, "lasting")
    kept = (suite.state / "policy" / "tokens.toml").read_text()
    assert "lasting" in kept and made["token"].removeprefix("portreeve_") not in kept
    suite.kill("policy", signal.SIGKILL)
    suite.wait_enforcing()
    wait_until(lambda: ask(suite, shown, "session")[0] == 200, 20, lambda: "the token is good again")


def test_the_page_makes_lists_and_revokes_tokens(suite):
    login = Login(suite)
    wanted = {"name": "by the page", "role": "observe", "lifetime_seconds": 3600}
    code, _, made = ask(suite, login.headers, "tokens", *post(wanted))
    assert code == 200 and made["token"].startswith("portreeve_")
    assert ask(suite, login.headers, "tokens", *post(wanted))[0] == 400, "that name is taken"
    assert "by the page" in [t["name"] for t in ask(suite, login.headers, "tokens")[2]["tokens"]]
    code = ask(suite, login.headers, f"tokens?id={made['view']['id']}", "-X", "DELETE", "-H", "Origin: http://127.0.0.1:817")[0]
    assert code == 200
    observer = Login(suite, "--observe")
    assert ask(suite, observer.headers, "tokens", *post(wanted))[0] == 403


@pytest.mark.parametrize("words", [["--role", "everything"], ["--expires", "5"], ["--expires", "2000d"], ["--for-user", "nobody-here"]])
def test_a_token_that_cannot_be_is_refused_in_words(suite, words):
    done = suite.command("token", "create", "x", *words, check=False)
    assert done.returncode in (1, 2) and done.stderr.strip() and "Traceback" not in done.stderr


def test_guessing_costs_time(suite):
    wrong = ["-H", "Authorization: Bearer portreeve_" + "0" * 64]
    codes = [curl(suite, *wrong, "http://127.0.0.1:817/api/v1/status", user=65533)[0] for _ in range(8)]
    assert codes[:6] == [401] * 6 and codes[-1] == 429, codes
    assert curl(suite, *wrong, "http://127.0.0.1:817/api/v1/status", user=65534)[0] == 401, "another user waits for nobody"
    deadline = time.monotonic() + 10
    while curl(suite, *wrong, "http://127.0.0.1:817/api/v1/status", user=65533)[0] == 429:
        assert time.monotonic() < deadline
        time.sleep(0.2)
