# SPDX-License-Identifier: GPL-3.0-or-later
"""The gateway on :817 shows what the command shows, to whoever logged in, and assumes hostile neighbours."""
import json
import re
import subprocess
import time

import pytest

DEFAULT = "allow"


def curl(suite, *words, check=False):
    done = suite.net.inside("curl", "-s", "-i", "--max-time", "5", *words, check=check)
    head, _, body = done.stdout.partition("\r\n\r\n") if "\r\n\r\n" in done.stdout else done.stdout.partition("\n\n")
    code = int(head.split()[1]) if head else 0
    return code, head, body


@pytest.fixture(scope="module")
def login(suite):
    """The one-time link of `portreeve ui`, used as the page uses it."""
    link = re.search(r"http://127\.0\.0\.1:817/login#(\w+)", suite.command("ui").stdout)
    assert link, suite.command("ui").stdout
    code, head, body = curl(suite, "-X", "POST", "-H", "Content-Type: application/json", "-H", "Origin: http://127.0.0.1:817",
                            "-d", json.dumps({"secret": link[1]}), "http://127.0.0.1:817/api/v1/session")
    assert code in (200, 201), (code, head, body)
    cookie = re.search(r"(?i)set-cookie: ([^;\r\n]+)", head)[1]
    assert "HttpOnly" in head and "SameSite=Strict" in head
    token = next(v for k, v in json.loads(body).items() if k in ("token", "bearer"))
    return ["-H", f"Cookie: {cookie}", "-H", f"Authorization: Bearer {token}"], link[1]


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
    ["-X", "POST", "-H", "Transfer-Encoding: chunked", "-d", "x"], ["-X", "DELETE"], ["-X", "PUT", "-d", "x"],
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
    assert code == 200 and "<table" in body
    assert re.search(r"(?i)content-security-policy:.*default-src 'none'", head), head
    assert "unsafe-inline" not in head
