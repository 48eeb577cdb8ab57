# SPDX-License-Identifier: GPL-3.0-or-later
"""What hostile neighbours send to :817 is refused, byte for byte, and costs nobody else anything."""
import json

import pytest
from harness.gateway import Login, curl

DEFAULT = "allow"

HEAD = "Host: 127.0.0.1:817\r\n"
SESSION = "POST /api/v1/session HTTP/1.1\r\n" + HEAD + "Content-Type: application/json\r\n"

# Sends what it is given (JSON: the text, and how often a further piece of it), prints the first line of the answer, how many
# answers came, and whether the server ended the connection.
SEND = r"""
import json, socket, sys
text, piece, times = json.load(sys.stdin)
s = socket.create_connection(("127.0.0.1", 817), 10)
s.settimeout(20)
sent = 0
try:
    s.sendall(text.encode("latin-1"))
    for _ in range(times):
        s.sendall(piece.encode("latin-1")); sent += len(piece)
except OSError:
    pass
answer = b""
try:
    while True:
        got = s.recv(65536)
        if not got: break
        answer += got
except OSError as e:
    answer += b"" if isinstance(e, ConnectionResetError) else b" NOT ENDED"
print(json.dumps({"first": answer.split(b"\r\n")[0].decode("latin-1"), "answers": answer.count(b"HTTP/1.1 "), "open": b"NOT ENDED" in answer,
                  "text": answer.decode("latin-1"), "sent": sent}))
"""


@pytest.fixture(scope="module")
def login(suite):
    return Login(suite)


def send(suite, text, piece="", times=0):
    done = suite.net.inside("/usr/bin/python3", "-c", SEND, input=json.dumps([text, piece, times]), timeout=90)
    return json.loads(done.stdout)


def memory(suite):
    with open(f"/proc/{suite.pid('gateway')}/status", encoding="ascii") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS")) * 1024


def named(*cases):
    """Each with its first word as its name: what is sent may be longer than an environment can hold."""
    return [pytest.param(*case, id=case[0]) for case in cases]


@pytest.mark.parametrize("name, text, code", named(
    ("a negative length", SESSION + "Content-Length: -1\r\n\r\nGET /healthz HTTP/1.1\r\n" + HEAD + "\r\n", 400),
    ("a length that overflows", SESSION + "Content-Length: 18446744073709551621\r\n\r\nhello", 400),
    ("two lengths", SESSION + "Content-Length: 5\r\nContent-Length: 40\r\n\r\nhello", 400),
    ("a list of lengths", SESSION + "Content-Length: 5, 5\r\n\r\nhello", 400),
    ("a signed length", SESSION + "Content-Length: +5\r\n\r\nhello", 400),
    ("length and chunks", SESSION + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /healthz HTTP/1.1\r\n" + HEAD + "\r\n", 411),
    ("a chunk size that is cut to nothing", SESSION + "Transfer-Encoding: chunked\r\n\r\n10000000000000000\r\nGET /healthz HTTP/1.1\r\n" + HEAD + "\r\n", 411),
    ("chunks in disguise", SESSION + "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", 400),
    ("a body on GET", "GET /healthz HTTP/1.1\r\n" + HEAD + "Content-Length: 30\r\n\r\nGET /healthz HTTP/1.1\r\n" + HEAD + "\r\n", 400),
))
def test_a_request_that_could_be_read_in_two_ways_is_answered_once_and_the_connection_ends(suite, name, text, code):
    answer = send(suite, text)
    assert answer["first"].startswith(f"HTTP/1.1 {code} "), (name, answer)
    assert answer["answers"] == 1 and not answer["open"], (name, answer)
    assert "\r\n\r\nok\n" not in answer["text"]


@pytest.mark.parametrize("name, text", named(
    ("h2c", "GET / HTTP/1.1\r\n" + HEAD + "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n"),
    ("prior knowledge of HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
    ("another protocol", "GET /api/v1/events HTTP/1.1\r\n" + HEAD + "Connection: Upgrade\r\nUpgrade: websocket, h2c\r\n\r\n"),
    ("a proxy's request", "CONNECT 127.0.0.1:22 HTTP/1.1\r\n" + HEAD + "\r\n"),
    ("TRACE", "TRACE / HTTP/1.1\r\n" + HEAD + "\r\n"),
    ("a flood of headers", "GET / HTTP/1.1\r\n" + HEAD + "".join(f"X-{i}: {'a' * 100}\r\n" for i in range(5000)) + "\r\n"),
    ("one long header", "GET / HTTP/1.1\r\n" + HEAD + "X: " + "a" * (1 << 20) + "\r\n\r\n"),
    ("NUL in a header", "GET / HTTP/1.1\r\n" + HEAD + "X: a\0b\r\n\r\n"),
    ("a line of nothing but spaces", " \r\n\r\n"),
    ("another host, twice", "GET / HTTP/1.1\r\n" + HEAD + "Host: evil.example\r\n\r\n"),
))
def test_what_is_not_spoken_here_is_refused(suite, name, text):
    answer = send(suite, text)
    assert answer["first"] == "" or answer["first"].split()[1][0] in "45", (name, answer)
    assert answer["answers"] <= 1 and not answer["open"], (name, answer)


def test_a_body_of_a_gigabyte_is_refused_before_it_comes(suite):
    before = memory(suite)
    answer = send(suite, SESSION + f"Content-Length: {1 << 30}\r\n\r\n", "x" * (1 << 20), 1024)
    assert answer["first"] == "" or answer["first"].split()[1] in ("400", "413"), answer
    assert answer["sent"] < 64 << 20, "the server went on reading"
    assert memory(suite) < before + (16 << 20)


@pytest.mark.parametrize("path", ["/../../etc/passwd", "/assets/../index.html", "/%2e%2e/%2e%2e/etc/passwd", "//etc/passwd", "/index.html%00.js",
                                  "/.git/config", "/api/v1/../v1/status", "http://127.0.0.1:817/api/v1/status", "/API/V1/STATUS", "/assets//x", "/\\etc"])
def test_a_path_is_a_name_in_a_table_and_nothing_else(suite, login, path):
    answer = send(suite, f"GET {path} HTTP/1.1\r\n{HEAD}Cookie: {login.cookie}\r\nAuthorization: Bearer {login.token}\r\nConnection: close\r\n\r\n")
    assert answer["first"].startswith("HTTP/1.1 404 ") and "root:" not in answer["text"], answer


@pytest.mark.parametrize("name, body", [
    ("JSON a thousand deep", b'{"toml":' + b"[" * 1000 + b"]" * 1000 + b"}"), ("a body that is not UTF-8", b'{"toml":"\xff\xfe\xc0\x80"}'),
    ("half a surrogate", b'{"toml":"\\ud800"}'), ("no JSON", b"toml"), ("numbers beyond numbers", b'{"toml":"x","confirm_seconds":1e999}'),
    ("a field that is not known", b'{"toml":"x","sudo":true}'), ("nothing", b"")])
def test_a_body_that_is_not_as_described_changes_nothing(suite, login, tmp_path, name, body):
    file = tmp_path / "body"
    file.write_bytes(body)
    code, _, text = curl(suite, *login.headers, "-X", "POST", "-H", "Origin: http://127.0.0.1:817", "-H", "If-Match: *",
                         "-H", "Content-Type: application/json", "--data-binary", f"@{file}", "http://127.0.0.1:817/api/v1/rules")
    assert code == 400 and json.loads(text)["detail"], (name, code, text)


@pytest.mark.parametrize("query", ["program=%ff%fe", "program=%c0%80", "program=%ed%a0%80", "program=%zz", "program=a%00b", "a=b", "limit=1&limit=2"])
def test_a_query_that_is_no_utf_8_or_not_known_is_refused(suite, login, query):
    assert curl(suite, *login.headers, f"http://127.0.0.1:817/api/v1/connections?{query}")[0] == 400


def test_no_page_may_frame_it_and_none_inline_runs(suite):
    for path in ("", "healthz", "api/v1/openapi.json", "nothing"):
        head = curl(suite, f"http://127.0.0.1:817/{path}")[1]
        assert "frame-ancestors 'none'" in head and "X-Frame-Options: DENY" in head and "unsafe" not in head, head


def test_ten_thousand_connections_of_a_stranger_do_not_keep_a_logged_in_page_out(suite, login):
    code = r"""
import resource, socket, time
resource.setrlimit(resource.RLIMIT_NOFILE, (12000, 12000))
held = []
for i in range(10000):
    s = socket.socket(); s.setblocking(False)
    try: s.connect(("127.0.0.1", 817))
    except BlockingIOError: pass
    held.append(s)
    if i % 50 == 0:
        for one in held[-50:]:
            try: one.send(b"GET / HTTP/1.1\r\nHost: 127.")
            except OSError: pass
print("held", flush=True)
time.sleep(120)
"""
    pid = suite.pid("gateway")
    flood = suite.net.start(suite.net.machine, "/usr/bin/python3", "-c", code)
    try:
        status = lambda: curl(suite, *login.headers, "http://127.0.0.1:817/api/v1/status")[0]  # noqa: E731
        assert [status() for _ in range(50)] == [200] * 50, "while they come"
        assert "held" in flood.stdout.readline()
        assert [status() for _ in range(10)] == [200] * 10, "while the stranger holds what he can"
        assert flood.poll() is None, "the flood ended by itself"
        assert memory(suite) < 100 << 20
    finally:
        flood.kill()
        flood.wait()
    assert suite.pid("gateway") == pid
