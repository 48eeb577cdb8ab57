# SPDX-License-Identifier: GPL-3.0-or-later
"""The gateway on :817 shows what the command shows, to whoever logged in, and assumes hostile neighbours."""
import json
import re
import subprocess
import time

import pytest
from harness.namespaces import wait_until
from harness.gateway import ORIGIN, Login, ask, curl

DEFAULT = "allow"


@pytest.fixture(scope="module")
def login(suite):
    """The one-time link of `portreeve ui`, used as the page uses it."""
    login = Login(suite)
    assert "HttpOnly" in login.head and "SameSite=Strict" in login.head
    return login.headers, login.secret


@pytest.mark.parametrize("address", ["127.0.0.1", "[::1]"])
def test_status_and_connections_are_there_after_login(suite, login, address):
    headers, _ = login
    suite.probe("seen-by-the-page", "tcp", "10.9.0.13", 7000)
    code, _, body = curl(suite, *headers, f"http://{address}:817/api/v1/status")
    assert code == 200 and json.loads(body)["state"] == "enforcing", body
    code, _, body = curl(suite, *headers, f"http://{address}:817/api/v1/connections")
    assert code == 200 and "seen-by-the-page" in body


def test_the_json_is_that_of_the_command(suite, login):
    headers, _ = login
    _, _, body = curl(suite, *headers, "http://127.0.0.1:817/api/v1/connections?limit=5")
    answer = json.loads(body)
    row = (answer if isinstance(answer, list) else answer["connections"])[-1]
    assert set(row) == set(suite.connections()[-1])


def test_the_event_stream_tells_of_a_new_connection(suite, login):
    headers, _ = login
    stream = subprocess.Popen(["ip", "netns", "exec", suite.net.machine, "curl", "-sN", "--max-time", "8", *headers,
                               "http://127.0.0.1:817/api/v1/events"], stdout=subprocess.PIPE, text=True)
    suite.net.processes.append(stream)
    time.sleep(1)
    suite.probe("live", "tcp", "10.9.0.13", 7000)
    text = stream.communicate()[0]
    assert "/live" in text and "data:" in text, text[:500]


@pytest.mark.parametrize("path", ["/api/v1/status", "/api/v1/connections", "/api/v1/events", "/api/v1/rules"])
def test_nothing_is_shown_without_login(suite, login, path):
    headers, _ = login
    assert curl(suite, f"http://127.0.0.1:817{path}")[0] == 401
    assert curl(suite, *headers[:2], f"http://127.0.0.1:817{path}")[0] == 401, "the cookie alone is not enough"
    assert curl(suite, *headers[2:], f"http://127.0.0.1:817{path}")[0] == 401, "the bearer alone is not enough"


def test_the_link_works_once(suite, login):
    code, _, body = curl(suite, "-X", "POST", "-H", "Content-Type: application/json", "-d", json.dumps({"secret": login[1]}),
                         "http://127.0.0.1:817/api/v1/session")
    assert code in (401, 403), body


@pytest.mark.parametrize("words", [
    ["-H", "Host: evil.example"], ["-H", "Origin: http://evil.example"], ["-H", "Origin: null"],
    ["-H", "Sec-Fetch-Site: cross-site"], ["-H", "Content-Length: -1"], ["-H", "Content-Length: 99999999999999999999"],
    ["-X", "POST", "-H", "Transfer-Encoding: chunked", "-d", "x"], ["-X", "DELETE"], ["-X", "PATCH", "-d", "x"], ["-X", "PUT", "-d", "x"],
    ["-H", "Upgrade: websocket", "-H", "Connection: Upgrade"]])
def test_what_a_hostile_neighbour_sends_is_refused(suite, login, words):
    headers, _ = login
    code, head, body = curl(suite, *headers, *words, "http://127.0.0.1:817/api/v1/status")
    assert 400 <= code < 500, (words, code, body)
    assert '"state"' not in body


def test_absurd_requests_cost_the_sender_only(suite, login):
    code = """
import socket
for text in (b"GET / HTTP/1.1\\r\\n" + b"X: " + b"a" * (1 << 20), b"\\x00" * 1000, b"POST /api/v1/session HTTP/1.1\\r\\nHost: 127.0.0.1:817\\r\\nTransfer-Encoding: chunked\\r\\n\\r\\nffffffffffffffffff\\r\\n",
             b"GET /../../etc/passwd HTTP/1.1\\r\\nHost: 127.0.0.1:817\\r\\n\\r\\n"):
    s = socket.create_connection(("127.0.0.1", 817), 3)
    try:
        s.sendall(text); print(s.recv(200)[:60])
    except OSError as e: print(e)
"""
    pid = suite.pid("gateway")
    done = suite.net.inside("/usr/bin/python3", "-c", code)
    assert b"root:" not in done.stdout.encode()
    assert suite.pid("gateway") == pid


def test_the_page_is_served_with_a_strict_content_security_policy(suite):
    code, head, body = curl(suite, "http://127.0.0.1:817/")
    assert code == 200 and "<script type=\"module\"" in body, body
    assert re.search(r"(?i)content-security-policy:.*default-src 'none'", head), head
    assert "unsafe-inline" not in head


# The whole API ------------------------------------------------------------------------------------

@pytest.fixture(scope="module")
def description(suite):
    return json.loads(curl(suite, "http://127.0.0.1:817/api/v1/openapi.json")[2])


def check_against(description, path, method, code, head, body):
    """The answer is one that the description has, field by field; unknown fields are errors."""
    jsonschema = pytest.importorskip("jsonschema")
    answers = description["paths"][f"/api/v1/{path}"][method]["responses"]
    content = answers.get(str(code), answers["default"])["content"]
    media = re.search(r"(?i)content-type: ([^;\r\n]+)", head)[1]
    assert media in content, (path, code, media)
    if media.endswith("json"):
        schema = {**content[media]["schema"], "components": description["components"]}
        jsonschema.Draft7Validator(schema).validate(json.loads(body))


QUERIES = [
    "session", "status", "connections", "connections?limit=3&sort=-bytes_in", "connections?text=nothing-like-it",
    "connections?sort=colour", "rules", "explain?program=/usr/bin/curl&remote=10.9.0.13&port=443", "explain", "explain?id=4711000",
    "history/connections", "history/connections?limit=1&order=oldest", "history/connections?remote=everywhere",
    "history/queries", "history/queries?port=1", "history/summary?by=program", "history/summary?by=hour&since=1h",
    "changes", "changes?limit=2", "changes?limit=0", "dns/log", "dns/log?limit=1", "dns/cache", "dns/cache?below=test", "dns/cache?limit=x", "dns/upstreams",
    "dns/upstreams?limit=1", "dns/lookup?name=www.allowed.test", "dns/lookup?name=www.allowed.test&type=WHAT", "dns/lookup", "lists",
    "history/summary?by=colour", "history/gaps", "metrics", "openapi.json", "history/connections?since=yesterday"]


@pytest.mark.parametrize("query", QUERIES)
def test_every_answer_is_as_it_is_described(suite, login, description, query):
    suite.probe("described", "tcp", "10.9.0.13", 7000)
    code, head, body = curl(suite, *login[0], f"http://127.0.0.1:817/api/v1/{query}")
    assert code in (200, 400), (query, code, body)
    check_against(description, query.partition("?")[0], "get", code, head, body)


def test_what_the_description_knows_needs_a_login_and_exists(suite, login, description):
    for path, methods in description["paths"].items():
        for method, operation in methods.items():
            words = ["-X", method.upper(), *ORIGIN, "-H", "Content-Type: application/json"]
            words += ["-d", "{}"] if method in ("post", "patch") else []
            code, head, body = curl(suite, *words, f"http://127.0.0.1:817{path}")
            if operation.get("security") == []:
                assert code in (200, 400), (path, method, code)
            else:
                assert code == 401, (path, method, code)
                check_against(description, path.removeprefix("/api/v1/"), method, code, head, body)


def test_history_over_http_is_that_of_the_command(suite, login):
    suite.probe("remembered", "tcp", "10.9.0.13", 7000)
    for _ in range(100):
        rows = ask(suite, login[0], "history/connections?program=remembered")[2]["connections"]
        if rows:
            break
        time.sleep(0.1)
    shown = json.loads(suite.command("history", "--program", "remembered", "--json").stdout.splitlines()[0])
    assert rows[0]["id"] == shown["id"] and set(rows[0]) == set(shown)
    explained = ask(suite, login[0], f"explain?id={int(rows[0]['id'])}")[2]
    assert explained["words"].startswith("It was allowed") and explained["connection"]["id"] == rows[0]["id"], explained


def test_a_rule_is_added_tried_and_removed_by_whoever_has_seen_the_rules(suite, login):
    headers, _ = login
    toml = '[[rule]]\nname = "by the page"\naction = "block"\nprocess = { path = "%s" }\n' % suite.program("paged")
    body = ["-X", "POST", *ORIGIN, "-H", "Content-Type: application/json", "-d", json.dumps({"toml": toml})]
    assert ask(suite, headers, "session")[2]["role"] == "change"
    assert suite.probe("paged", "tcp", "10.9.0.13", 7000)["ok"]
    code, _, outcome = ask(suite, headers, "rules/try", *body)
    assert code == 200 and "changes" in outcome | {"changes": []}
    assert ask(suite, headers, "rules", *body)[0] == 428
    etag = re.search(r'(?i)etag: ("[^"]+")', ask(suite, headers, "rules")[1])[1]
    code, _, changed = ask(suite, headers, "rules", *body, "-H", f"If-Match: {etag}")
    assert code == 200 and changed["rule"]["name"] == "by the page"
    assert not suite.probe("paged", "tcp", "10.9.0.13", 7000)["ok"]
    assert ask(suite, headers, "rules", *body, "-H", f"If-Match: {etag}")[0] == 412
    etag = re.search(r'(?i)etag: ("[^"]+")', ask(suite, headers, "rules")[1])[1]
    code, _, _ = ask(suite, headers, "rules?name=by%20the%20page", "-X", "DELETE", *ORIGIN, "-H", f"If-Match: {etag}")
    assert code == 200
    assert suite.probe("paged", "tcp", "10.9.0.13", 7000)["ok"]


def test_the_suites_rules_are_changed_ordered_and_taken_back(suite, login):
    headers, _ = login

    def change(path, body, check=200):
        etag = re.search(r'(?i)etag: ("[^"]+")', ask(suite, headers, "rules")[1])[1]
        code, _, answer = ask(suite, headers, path, "-X", "POST", *ORIGIN, "-H", "Content-Type: application/json", "-H", f"If-Match: {etag}",
                              "-d", json.dumps(body))
        assert code == check, (path, body, answer)
        return answer

    def order():
        return [rule["name"] for rule in ask(suite, headers, "rules")[2]["rules"] if rule["layer"] == "suite"]

    toml = '[[rule]]\nname = "%s"\naction = "block"\nprocess = { path = "/nowhere" }\n'
    for name in ("one", "two", "three"):
        change("rules", {"toml": toml % name})
    change("rules/move", {"name": "three", "before": "one"})
    assert order() == ["three", "one", "two"]
    assert change("rules/replace", {"name": "one", "toml": toml % "first"})["rule"]["name"] == "first"
    assert order() == ["three", "first", "two"]
    assert "rule:2:" in change("rules/replace", {"name": "two", "toml": "[[rule]]\nnam = 1\n"}, check=400)["detail"]
    newest = ask(suite, headers, "changes?limit=1")[2]["changes"][0]
    assert "first" in newest["what"] and any(line.startswith("+") for line in newest["diff"].splitlines())
    assert change("changes/undo", {"number": newest["number"]})["number"] == newest["number"]
    assert order() == ["three", "one", "two"]
    for name in order():
        suite.command("rule", "remove", name)


def test_another_users_program_gets_nothing_with_a_stolen_session(suite, login):
    done = suite.net.inside("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "curl", "-s", "-i", "--max-time", "5",
                            *login[0], "http://127.0.0.1:817/api/v1/status")
    assert done.stdout.startswith("HTTP/1.1 403"), done.stdout
    assert '"processes"' not in done.stdout


def test_a_session_for_seeing_changes_nothing(suite):
    observer = Login(suite, "--observe")
    keys = observer.headers
    assert observer.role == "observe"
    assert ask(suite, keys, "rules")[0] == 200
    assert ask(suite, keys, "rules?name=x", "-X", "DELETE", *ORIGIN, "-H", "If-Match: *")[0] == 403
    assert ask(suite, keys, "session", "-X", "DELETE", *ORIGIN)[0] == 200
    assert ask(suite, keys, "rules")[0] == 401


def test_many_connections_and_slow_ones_cost_their_senders(suite, login):
    code = """
import socket, time
held = []
for i in range(600):
    s = socket.socket(); s.settimeout(2)
    try: s.connect(("127.0.0.1", 817)); s.sendall(b"GET / HTTP/1.1\\r\\nHost: 127."); held.append(s)
    except OSError: pass
print(len(held))
time.sleep(1)
for s in held: s.close()
"""
    pid = suite.pid("gateway")
    suite.net.inside("/usr/bin/python3", "-c", code, timeout=60)
    # It says how it is as soon as it has looked at all of them.
    wait_until(lambda: suite.pid("gateway") == pid, 20, lambda: f"{pid} answers again: {suite.pid('gateway')}")
    for _ in range(100):
        if curl(suite, *login[0], "http://127.0.0.1:817/api/v1/status")[0] == 200:
            break
        time.sleep(0.2)
    else:
        raise AssertionError("the gateway serves nobody after a flood of connections")
