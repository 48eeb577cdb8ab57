# SPDX-License-Identifier: GPL-3.0-or-later
"""The live stream of the gateway: by WebSocket as by server-sent events, resumed where it was left."""
import json
import re
import subprocess
import tempfile
import threading

import pytest
from harness.gateway import Login

DEFAULT = "allow"

# A client in Python's own words: it prints each message, one a line, until one has its last argument in it.
SOCKET = r"""
import os, socket, struct, sys
path, cookie, token, wanted, frames = sys.argv[1:]
s = socket.create_connection(("127.0.0.1", 817), 10)
s.sendall((f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:817\r\nOrigin: http://127.0.0.1:817\r\nCookie: {cookie}\r\nConnection: Upgrade\r\n"
           f"Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
           f"Sec-WebSocket-Protocol: portreeve.v1, portreeve.bearer.{token}\r\n\r\n").encode())
stream = s.makefile("rb")
print(stream.readline().decode().strip())
while stream.readline() not in (b"\r\n", b""): pass
s.sendall(bytes.fromhex(frames))
while True:
    head = stream.read(2)
    if len(head) < 2: sys.exit("the server has gone")
    length = head[1]
    if length > 125: length = int.from_bytes(stream.read(2 if length == 126 else 8), "big")
    text = stream.read(length)
    if head[0] & 15 == 8: sys.exit("closed %d" % int.from_bytes(text[:2], "big"))
    print(text.decode(), flush=True)
    if wanted in text.decode(): break
"""


@pytest.fixture(scope="module")
def login(suite):
    return Login(suite)


def follow(suite, login, path="/api/v1/events", wanted="", frames=""):
    errors = tempfile.TemporaryFile("w+")
    process = subprocess.Popen(["ip", "netns", "exec", suite.net.machine, "/usr/bin/python3", "-c", SOCKET, path, login.cookie, login.token,
                                wanted, frames], stdout=subprocess.PIPE, stderr=errors, text=True)
    process.errors = errors
    suite.net.processes.append(process)
    assert process.stdout.readline().startswith("HTTP/1.1 101 ")
    return process


def ended(follower, seconds=20):
    """What it has said till its end. Not communicate(): that knows nothing of what readline() has read ahead."""
    limit = threading.Timer(seconds, follower.kill)
    limit.start()
    text = follower.stdout.read()
    follower.wait()
    limit.cancel()
    follower.errors.seek(0)
    return text, follower.errors.read()


def test_a_connection_is_told_by_websocket_as_it_happens(suite, login):
    socket = follow(suite, login, wanted="/told")
    assert json.loads(socket.stdout.readline())[0]["event"] == "ready"
    suite.probe("told", "tcp", "10.9.0.13", 7000)
    text, errors = ended(socket)
    assert "/told" in text, errors
    events = [json.loads(line) for line in re.sub(r"},\n{", "},{", text).splitlines()]
    told = next(e for message in events for e in message if "/told" in json.dumps(e))
    assert told["event"] == "connection" and told["data"]["verdict"]["action"] == "allow"


def test_a_page_that_comes_back_misses_nothing(suite, login):
    first = follow(suite, login, wanted="/before")
    assert first.stdout.readline()
    suite.probe("before", "tcp", "10.9.0.13", 7000)
    text = ended(first)[0]
    newest = re.findall(r'"id":"([^"]+)","event"', text)[-1]
    suite.probe("meanwhile", "tcp", "10.9.0.13", 7000)
    again = follow(suite, login, path=f"/api/v1/events?after={newest}", wanted="/meanwhile")
    text = ended(again)[0]
    assert "/meanwhile" in text and '"missed"' not in text
    sse = suite.net.inside("timeout", "5", "curl", "-sN", *login.headers, "-H", f"Last-Event-ID: {newest}",
                           "http://127.0.0.1:817/api/v1/events", check=False).stdout
    assert "/meanwhile" in sse and "event: missed" not in sse


@pytest.mark.parametrize("frames, code", [
    ("810178", 1002), ("c1814d41534b78", 1002), ("83814d41534b78", 1002), ("81ff7fffffffffffffff4d41534b", 1002), ("81814d41534b78", 1008)])
def test_frames_gone_mad_cost_their_sender_the_stream_and_nobody_else(suite, login, frames, code):
    pid = suite.pid("gateway")
    assert f"closed {code}" in ended(follow(suite, login, wanted="never", frames=frames))[1]
    assert suite.pid("gateway") == pid
