# SPDX-License-Identifier: GPL-3.0-or-later
"""Questions on the desktop: a real notification daemon (dunst) shows them, and a button that is pressed there is the answer."""
import json
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

from harness.namespaces import end, wait_until
from harness.suite import BUILD

RULES = """
[[rule]]
name = "ask about curl"
action = "ask"
process = { path = "$BIN/curl" }

[[rule]]
name = "app may"
action = "allow"
process = { path = "$BIN/app" }
"""
ALICE = 1000
PORT = 8080

DUNSTRC = """
[global]
    dmenu = {menu}
    follow = none
    offset = 10x10
    ignore_dbusclose = false
[log]
    script = {log}
    summary = "*"
"""


class Desktop:
    """A session of alice's: a display, a bus, dunst and portreeve-notify."""

    def __init__(self, suite):
        self.suite = suite
        self.folder = Path(tempfile.mkdtemp(prefix="portreeve-desktop-", dir="/var/tmp"))
        os.chown(self.folder, ALICE, ALICE)
        self.choice = self.folder / "choice"
        self.shown = self.folder / "shown"
        self.processes = []

    def script(self, name, text):
        path = self.folder / name
        path.write_text("#!/bin/sh\n" + text)
        path.chmod(0o755)
        return path

    def __enter__(self):
        self.display = self.start_display()
        self.environment = {"PATH": "/usr/bin:/bin", "HOME": str(self.folder), "DISPLAY": self.display,
                            "DBUS_SESSION_BUS_ADDRESS": f"unix:path={self.folder}/bus", "XDG_RUNTIME_DIR": str(self.folder),
                            "RUNTIME_DIRECTORY": str(self.suite.runtime)}
        self.start("dbus-daemon", "--session", "--nofork", f"--address=unix:path={self.folder}/bus")
        wait_until(lambda: (self.folder / "bus").exists(), 10, "the session bus is there")
        menu = self.script("menu", f"grep -F \"$(cat {self.choice})\" | head -n 1\n")
        log = self.script("log", f"printf '%s\\n' \"$DUNST_SUMMARY\" >>{self.shown}\n")
        (self.folder / "dunstrc").write_text(DUNSTRC.format(menu=menu, log=log))
        self.start("dunst", "-config", self.folder / "dunstrc")
        wait_until(lambda: self.dunst("count", "displayed").returncode == 0, 10, "dunst is on the bus")
        self.notify = self.start(BUILD / "notify" / "portreeve-notify")
        return self

    def start_display(self):
        read, write = os.pipe()
        self.start("Xvfb", "-displayfd", write, "-screen", "0", "800x600x24", "-nolisten", "tcp", pass_fds=(write,))
        os.close(write)
        with os.fdopen(read) as stream:
            return ":" + stream.readline().strip()

    def start(self, *words, **more):
        environment = getattr(self, "environment", {"PATH": "/usr/bin:/bin", "HOME": str(self.folder)})
        process = subprocess.Popen(["setpriv", f"--reuid={ALICE}", f"--regid={ALICE}", "--clear-groups", *map(str, words)], env=environment,
                                   stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=open(self.folder / "log.txt", "a"), **more)
        self.processes.append(process)
        return process

    def dunst(self, *words):
        return subprocess.run(["setpriv", f"--reuid={ALICE}", f"--regid={ALICE}", "--clear-groups", "dunstctl", *words], env=self.environment,
                              capture_output=True, text=True, timeout=20)

    def displayed(self):
        return int(self.dunst("count", "displayed").stdout or 0) + int(self.dunst("count", "waiting").stdout or 0)

    def summaries(self):
        return self.shown.read_text().splitlines() if self.shown.exists() else []

    def press(self, label):
        """What a person does by the context menu: it lists every button, and one is chosen."""
        self.choice.write_text(label)
        self.dunst("context")

    def __exit__(self, *exception):
        for process in reversed(self.processes):
            end(process)
        shutil.rmtree(self.folder, ignore_errors=True)


@pytest.fixture(scope="module")
def desktop(suite):
    shutil.copy("/usr/bin/curl", suite.programs / "curl")
    suite.net.start(suite.net.world, "python3", "-m", "http.server", PORT, "--directory", "/usr/share/doc/curl", "--bind", "::")
    wait_until(lambda: suite.probe("app", "tcp", "10.9.0.13", PORT, "--timeout", 1).get("error") != "ECONNREFUSED", 15, "the server listens")
    with Desktop(suite) as running:
        wait_until(lambda: watchers(suite) == 1, 10, lambda: "it watches\n" + (running.folder / "log.txt").read_text())
        yield running


@pytest.fixture(autouse=True)
def nothing_left(suite):
    """Each test begins without questions."""
    yield
    for line in suite.command("ask", "--list", "--json").stdout.splitlines():
        suite.command("ask", int(json.loads(line)["id"]), "dismiss", check=False)


def watchers(suite):
    counters = next(p for p in suite.status()["processes"] if p["name"] == "policy")["counters"]
    return next(c["value"] for c in counters if c["name"] == "prompts_watchers")


def curl(suite):
    process = subprocess.Popen(
        ["ip", "netns", "exec", suite.net.machine, "setpriv", f"--reuid={ALICE}", f"--regid={ALICE}", "--clear-groups",
         str(suite.programs / "curl"), "-s", "-o", "/dev/null", "-w", "%{http_code}", "--connect-timeout", "100", f"http://10.9.0.13:{PORT}/"],
        stdout=subprocess.PIPE, text=True)
    suite.net.processes.append(process)
    return process


def result(process):
    text, _ = process.communicate(timeout=30)
    return text if process.returncode == 0 else f"{text} exit {process.returncode}"


def shown(desktop):
    wait_until(lambda: desktop.displayed() == 1, 20, lambda: "it is shown\n" + (desktop.folder / "log.txt").read_text())


def test_a_question_is_shown_and_the_button_lets_the_connection_through(suite, desktop):
    waiting = curl(suite)
    shown(desktop)
    # Dunst says what it showed by a script of its own, a moment later.
    wait_until(lambda: f"curl wants to reach 10.9.0.13, tcp {PORT}" in desktop.summaries(), 20, desktop.summaries)
    desktop.press("Allow once")
    assert result(waiting) == "200"
    wait_until(lambda: desktop.displayed() == 0, 10, "the notification has gone")


def test_no_is_pressed_likewise(suite, desktop):
    waiting = curl(suite)
    shown(desktop)
    desktop.press("Block once")
    assert result(waiting) == "000 exit 7"


def test_answered_elsewhere_the_notification_goes(suite, desktop):
    waiting = curl(suite)
    shown(desktop)
    number = json.loads(suite.command("ask", "--list", "--json").stdout.splitlines()[0])["id"]
    suite.command("ask", int(number), "allow")
    assert result(waiting) == "200"
    wait_until(lambda: desktop.displayed() == 0, 10, "the notification has gone")


def test_a_restart_of_policy_shows_the_question_again_and_its_button_still_answers(suite, desktop):
    waiting = curl(suite)
    shown(desktop)
    wait_until(lambda: "[[question]]" in (suite.state / "policy" / "prompts.toml").read_text(), 5, "it is on the disk")
    suite.kill("policy")
    suite.wait_enforcing()
    wait_until(lambda: watchers(suite) == 1, 20, "it watches the new policy")
    shown(desktop)
    desktop.press("Allow once")
    assert result(waiting) == "200"


def test_with_the_screen_locked_nobody_is_there(suite, desktop):
    def saver(active):
        subprocess.run(["setpriv", f"--reuid={ALICE}", f"--regid={ALICE}", "--clear-groups", "busctl", "--user", f"--address=unix:path={desktop.folder}/bus",
                        "emit", "/org/freedesktop/ScreenSaver", "org.freedesktop.ScreenSaver", "ActiveChanged", "b", active],
                       env=desktop.environment, check=True, timeout=20)
    log = desktop.folder / "log.txt"
    saver("true")
    wait_until(lambda: "the screen is locked" in log.read_text(), 10, log.read_text)
    saver("false")
    wait_until(lambda: "somebody is there again" in log.read_text(), 10, log.read_text)
    assert watchers(suite) == 1


def test_it_locks_itself_in():
    done = subprocess.run([str(BUILD / "notify" / "portreeve-notify"), "--prove-sandbox"], capture_output=True, text=True, timeout=30)
    assert done.returncode == 0 and "POSSIBLE" not in done.stdout, done.stdout + done.stderr


def test_without_a_session_bus_it_says_so():
    done = subprocess.run([str(BUILD / "notify" / "portreeve-notify")], capture_output=True, text=True, timeout=30,
                          env={"PATH": "/usr/bin:/bin", "XDG_RUNTIME_DIR": "/nonexistent"})
    assert done.returncode == 1 and "session bus" in done.stderr
