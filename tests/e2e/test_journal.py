# SPDX-License-Identifier: GPL-3.0-or-later
"""What policy tells systemd's journal, found again by journalctl in a real systemd-journald of the test's own (in a mount namespace)."""
import json
import subprocess

import pytest

from harness.namespaces import end, wait_until
from harness.suite import Suite

RULES = """
[[rule]]
name = "no forbidden"
action = "block"
process = { path = "$BIN/forbidden" }

[[rule]]
name = "unseen"
action = "block"
log = false
process = { path = "$BIN/unseen" }

[[rule]]
name = "ask about asker"
action = "ask"
process = { path = "$BIN/asker" }
"""
JOURNALD = r"""
set -e
mkdir -p /run/systemd /run/log
mount -t tmpfs tmpfs /run/systemd
mkdir /run/systemd/journal
mount -t tmpfs tmpfs /run/log
mkdir /run/log/journal
[ -s /etc/machine-id ] || { echo 0123456789abcdef0123456789abcdef >/run/log/machine-id; mount --bind /run/log/machine-id /etc/machine-id; }
exec /lib/systemd/systemd-journald
"""


class Journal:
    def __init__(self):
        self.process = subprocess.Popen(["unshare", "--mount", "--propagation", "private", "sh", "-c", JOURNALD], stdout=subprocess.PIPE,
                                        stderr=subprocess.STDOUT, text=True)
        self.within = ["nsenter", f"--mount=/proc/{self.process.pid}/ns/mnt"]
        wait_until(lambda: self.process.poll() is not None or self.run("test", "-S", "/run/systemd/journal/socket").returncode == 0, 15,
                   "journald listens")
        assert self.process.poll() is None, self.process.stdout.read()

    def run(self, *words):
        return subprocess.run([*self.within, *words], capture_output=True, text=True, timeout=30)

    def find(self, *fields):
        self.run("journalctl", "--sync")
        done = self.run("journalctl", "--directory=/run/log/journal", "--output=json", "--no-pager", *fields)
        return [json.loads(line) for line in done.stdout.splitlines()]

    def wait(self, *fields):
        return wait_until(lambda: self.find(*fields), 10, lambda: f"{fields} in the journal; there are {self.find('SYSLOG_IDENTIFIER=portreeve')}")[-1]


@pytest.fixture(scope="module")
def journal():
    one = Journal()
    yield one
    end(one.process)


@pytest.fixture(scope="module")
def suite(net, journal):
    running = Suite(net, RULES, "allow")
    running.within = journal.within
    with running:
        yield running


def test_a_refused_connection_is_found_by_its_program_user_and_rule(suite, journal):
    suite.probe("forbidden", "tcp", "10.9.0.13", 7000)
    path = str(suite.programs / "forbidden")
    entry = journal.wait("PORTREEVE_EVENT=refused", f"PORTREEVE_PROGRAM={path}", "PORTREEVE_USER=root", "PORTREEVE_RULE=no forbidden")
    assert entry["PORTREEVE_REMOTE"] == "10.9.0.13" and entry["PORTREEVE_REMOTE_PORT"] == "7000"
    assert entry["MESSAGE"] == f"block: {path} to 10.9.0.13, tcp 7000" and entry["PRIORITY"] == "6"
    # The journal itself vouches for who said it.
    assert entry["_PID"] == str(suite.pid("policy"))


def test_what_a_rule_keeps_from_the_log_is_not_there(suite, journal):
    suite.probe("unseen", "tcp", "10.9.0.13", 7000)
    suite.probe("forbidden", "tcp", "10.9.0.13", 7001)
    journal.wait("PORTREEVE_EVENT=refused", "PORTREEVE_REMOTE_PORT=7001")
    assert not journal.find(f"PORTREEVE_PROGRAM={suite.programs / 'unseen'}")


def test_a_question_is_there_and_how_it_ended(suite, journal):
    suite.probe("asker", "tcp", "10.9.0.13", 7000, "--timeout", 1)
    asked = journal.wait("PORTREEVE_EVENT=asked", f"PORTREEVE_PROGRAM={suite.programs / 'asker'}")
    number = asked["PORTREEVE_QUESTION"]
    suite.command("ask", number, "dismiss")
    entry = journal.wait("PORTREEVE_EVENT=dismissed", f"PORTREEVE_QUESTION={number}")
    assert "uid 0" in entry["PORTREEVE_BY"] or "root" in entry["PORTREEVE_BY"], entry


def test_a_mode_is_there_when_it_begins_and_when_it_ends(suite, journal):
    suite.command("lockdown", "5m")
    begun = journal.wait("PORTREEVE_EVENT=mode", "PORTREEVE_MODE=lockdown", "PORTREEVE_TURN=begun")
    assert begun["PORTREEVE_UNTIL"] and begun["PORTREEVE_BY"]
    suite.command("resume")
    journal.wait("PORTREEVE_EVENT=mode", "PORTREEVE_MODE=lockdown", "PORTREEVE_TURN=ended")
    suite.command("pause", "1s")
    journal.wait("PORTREEVE_EVENT=mode", "PORTREEVE_MODE=pause", "PORTREEVE_TURN=expired")


def test_a_change_of_rules_is_there_with_who_made_it(suite, journal):
    suite.command("rule", "add", "--name", "web", "--allow", "--program", "/usr/bin/curl")
    entry = journal.wait("PORTREEVE_EVENT=changed")
    assert "web" in entry["MESSAGE"] and entry["PORTREEVE_FILES"], entry


def test_a_journal_that_has_gone_costs_no_verdict(suite, journal):
    journal.process.kill()
    journal.process.wait()
    assert suite.probe("forbidden", "tcp", "10.9.0.13", 7002).get("error")
    assert suite.connections(program="forbidden")[-1]["verdict"]["rule"] == "no forbidden"
    assert suite.status()["state"] == "enforcing"
