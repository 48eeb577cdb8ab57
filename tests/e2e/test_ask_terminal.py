# SPDX-License-Identifier: GPL-3.0-or-later
"""`portreeve ask` at a real terminal: what a person reads there and types lets a connection that waits through, or not."""
import json
import os
import pty
import re
import select
import shutil
import signal
import subprocess
import time

import pytest

from harness.namespaces import wait_until
from harness.suite import COMMAND

RULES = """
[[rule]]
name = "ask about curl"
action = "ask"
process = { path = "$BIN/curl" }
"""
PORT = 8080


@pytest.fixture(scope="module", autouse=True)
def page(suite):
    shutil.copy("/usr/bin/curl", suite.programs / "curl")
    suite.net.start(suite.net.world, "python3", "-m", "http.server", PORT, "--directory", "/usr/share/doc/curl")
    wait_until(lambda: f":{PORT}" in suite.net.outside("ss", "-Hltn").stdout, 15, "the server listens")


class Terminal:
    """A pseudo-terminal with `portreeve ask` in it, as a shell would start it."""

    def __init__(self, suite):
        self.pid, self.side = pty.fork()
        if self.pid == 0:
            os.execvpe("ip", ["ip", "netns", "exec", suite.net.machine, str(COMMAND), "ask"], {**suite.environment, "TERM": "xterm"})
        self.seen = ""

    def read_until(self, part, seconds=15):
        end = time.monotonic() + seconds
        while part not in self.seen:
            ready, _, _ = select.select([self.side], [], [], max(0, end - time.monotonic()))
            assert ready, f"{part!r} did not come; the terminal shows:\n{self.seen}"
            self.seen += os.read(self.side, 65536).decode()
        before, self.seen = self.seen.split(part, 1)
        return before + part

    def type(self, line):
        os.write(self.side, line.encode() + b"\n")

    def ended(self, seconds=10):
        def look():
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            return ("exit", os.waitstatus_to_exitcode(status)) if pid else None
        return wait_until(look, seconds, lambda: f"ask ends; the terminal shows:\n{self.seen}")[1]

    def close(self):
        try:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        except (ProcessLookupError, ChildProcessError):
            pass  # it has ended, and was waited for
        os.close(self.side)


@pytest.fixture
def terminal(suite):
    one = Terminal(suite)
    one.read_until("quit (q)")
    yield one
    one.close()


def curl(suite, address="10.9.0.13"):
    process = subprocess.Popen(["ip", "netns", "exec", suite.net.machine, str(suite.programs / "curl"), "-s", "-o", "/dev/null", "-w", "%{http_code}",
                                "--connect-timeout", "100", f"http://{address}:{PORT}/"], stdout=subprocess.PIPE, text=True)
    suite.net.processes.append(process)
    return process


def questions(suite):
    return [json.loads(line) for line in suite.command("ask", "--list", "--json").stdout.splitlines()]


def result(process):
    return process.communicate(timeout=30)[0], process.returncode


def test_a_question_is_read_and_answered_in_one_word(suite, terminal):
    waiting = curl(suite)
    question = terminal.read_until("> ")
    assert re.search(r"\[\d+\] \S*/curl \(pid \d+, user root", question), question
    assert f"wants to reach 10.9.0.13 tcp {PORT}" in question and "then block" in question, question
    assert waiting.poll() is None
    terminal.type("a")
    assert result(waiting) == ("200", 0)
    terminal.read_until("answered")


def test_what_it_does_not_understand_it_explains_and_asks_again(suite, terminal):
    waiting = curl(suite)
    terminal.read_until("> ")
    terminal.type("perhaps")
    terminal.read_until("allow, block or drop")
    terminal.read_until("wants to reach")
    terminal.read_until("> ")
    terminal.type("block once host")
    assert result(waiting) == ("000", 7)


def test_one_may_be_left_for_later_while_the_next_is_asked(suite, terminal):
    first = curl(suite)
    terminal.read_until("reach 10.9.0.13")
    second = curl(suite, "10.9.0.10")
    wait_until(lambda: len(questions(suite)) == 2, 10, "two questions")
    terminal.type("skip")
    terminal.read_until("reach 10.9.0.10")
    terminal.type("block")
    assert result(second) == ("000", 7)
    assert first.poll() is None, "the one that was skipped waits"
    for one in questions(suite):
        suite.command("ask", int(one["id"]), "allow")
    assert result(first) == ("200", 0)
    terminal.read_until("answered")


def test_it_ends_in_peace_and_the_terminal_is_as_before(suite, terminal):
    terminal.type("q")
    assert terminal.ended() == 0


def test_policy_killed_under_it_is_said_and_the_question_asked_again(suite, terminal):
    waiting = curl(suite)
    terminal.read_until("wants to reach")
    suite.kill("policy")
    terminal.read_until("policy has gone; waiting for its return")
    terminal.read_until("wants to reach", 30)
    terminal.read_until("> ")
    terminal.type("allow")
    assert result(waiting) == ("200", 0)


def test_a_rule_that_asks_is_made_at_the_prompt(suite, terminal):
    suite.command("rule", "add", "--ask", "--program", suite.programs / "asked", "--name", "ask about asked")
    assert suite.probe("asked", "tcp", "10.9.0.13", PORT, "--timeout", 1).get("error")
    assert f"{suite.programs / 'asked'} (pid" in terminal.read_until("> ")
    terminal.type("x")
    suite.command("rule", "remove", "ask about asked")
