# SPDX-License-Identifier: GPL-3.0-or-later
"""Every command that README and docs/ show is run: blocks of shell as they stand, single commands one by one."""
import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from harness.namespaces import run
from harness.suite import COMMAND, Suite

ROOT = Path(__file__).resolve().parent.parent.parent
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
RULES = """
[[rule]]
name = "all goes out"
action = "allow"
"""
# Blocks and commands that other tests run, by how they begin.
ELSEWHERE = {
    "./run": "run", "./test": "test", "./package": "tests/system/test_10_install.py",
    "meson setup": "run",
    "cp /usr/share/portreeve/first-policy": "tests/e2e/test_installation.py",
    "capnp compile": "tests/e2e/test_rpc_client.py",
    "portreeve up": "tests/harness/suite.py",
    "portreeve down": "tests/e2e/test_taking_down.py",
    "portreeve settings apply": "tests/system/test_55_listen.py",
    "portreeve demo": "tests/e2e/test_installation.py",
    "portreeve lockdown": "tests/e2e/test_modes.py", "portreeve pause": "tests/e2e/test_modes.py", "portreeve learn": "tests/e2e/test_modes.py",
}


def blocks():
    for document in DOCUMENTS:
        for block in re.findall(r"^ *```sh\n(.*?)^ *```", document.read_text(), re.S | re.M):
            yield document.name, re.sub(r"^ {3}", "", block, flags=re.M)


def commands():
    """Command lines between backquotes; what has an ellipsis or alternatives in it stands for several and is none."""
    seen = set()
    for document in DOCUMENTS:
        text = re.sub(r"^ *```.*?^ *```", "", document.read_text(), flags=re.S | re.M)
        for words in re.findall(r"`(portreeve [a-z][^`]*)`", text):
            words = " ".join(words.split())
            if not re.search(r"[…|]", words) and words not in seen:
                seen.add(words)
                yield document.name, words


def elsewhere(text):
    return next((where for begin, where in ELSEWHERE.items() if text.startswith(begin)), None)


UNTIL_INTERRUPTED = "{{ timeout -s INT 2 {} || [ $? = 124 ]; }}\n"

BLOCKS = [(name, text) for name, text in blocks() if not elsewhere(text)]
COMMANDS = [(name, words) for name, words in commands() if not elsewhere(words)]


@pytest.fixture(scope="module")
def suite(net):
    with Suite(net, RULES) as running:
        # Something for history, explain and who to speak of.
        assert running.probe("talker", "tcp", "10.9.0.13", 7000)["ok"]
        running.held = running.hold("holder", "tcp", "10.9.0.13", 7000)
        yield running
        running.held.close()


@pytest.fixture
def work(suite, tmp_path):
    """What the documents' commands find where they are called: rules, expectations, rules of other programs."""
    rules = tmp_path / "rules.d"
    rules.mkdir()
    rule = '[[rule]]\nname = "{}"\naction = "allow"\ndirection = "in"\nport = {}\n'
    (rules / "50-web.toml").write_text(rule.format("web", 443))
    (rules / "web.test").write_text('[[expect]]\nname = "web is open"\nflow = { direction = "in", remote = "198.51.100.7", port = 443 }\naction = "allow"\n')
    (tmp_path / "new-rules.toml").write_text(rule.format(f"new {tmp_path.name}", 8443))
    opensnitch = tmp_path / "opensnitch"
    opensnitch.mkdir()
    (opensnitch / "curl.json").write_text(json.dumps({
        "name": "curl", "enabled": True, "action": "allow", "duration": "always",
        "operator": {"type": "simple", "operand": "process.path", "data": "/usr/bin/curl"}}))
    ufw = tmp_path / "ufw"
    ufw.mkdir()
    (ufw / "user.rules").write_text("### tuple ### allow tcp 22 0.0.0.0/0 any 0.0.0.0/0 in\n")
    (tmp_path / "rules.lsrules").write_text(json.dumps({"rules": [{"action": "deny", "process": "any", "remote-domains": "ads.example"}]}))
    (tmp_path / "export.json").write_text(json.dumps({"type": "profile", "name": "curl", "fingerprints": [
        {"type": "path", "operation": "equals", "value": "/usr/bin/curl"}], "config": {"filter/endpoints": ["+ example.org"]}}))
    (tmp_path / "hosts").write_text("0.0.0.0 ads.example\n")
    yield tmp_path
    for left in (suite.config / "rules.d").glob("50-opensnitch*"):
        left.unlink()


def here(text, suite, work):
    """The same words, for the suite and the files of this test."""
    for there, mine in {"/etc/opensnitchd/rules": work / "opensnitch", "/etc/portreeve": suite.config, "/etc/ufw": work / "ufw",
                        "portreeve connections --follow --json | systemd-cat -t portreeve-connections":
                            "timeout -s INT 2 portreeve connections --follow --json | cat",
                        "http://example.org/": "http://www.allowed.test/",
                        "/etc/prometheus": work, "sudo portreeve": "portreeve", "--for-user prometheus": "--for-user nobody",
                        "runuser -u nobody -- curl": "! runuser -u nobody -- curl",  # "the second line fails at once"
                        "portreeve connections --follow\n": UNTIL_INTERRUPTED.format("portreeve connections --follow")}.items():
        text = text.replace(there, str(mine))
    return text


def value_of(placeholder, words, suite, work):
    if placeholder == "FILE":
        return {"export": "a.toml", "check": "rules.d/50-web.toml", "test": "rules.d/web.test", "import": "hosts"}[words[1]]
    return {
        "ID": lambda: str(int(suite.connections(program="talker")[-1]["id"])), "DIR": lambda: "opensnitch" if words[1] == "import" else "rules.d",
        "ADDRESS": lambda: "198.51.100.7", "PATH": lambda: "/usr/bin/curl", "NAME": lambda: "www.allowed.test", "PID": lambda: str(suite.held.process.pid),
    }[placeholder]()


def shell(suite, work, script, timeout=60):
    return run("ip", "netns", "exec", suite.net.machine, "bash", "-c", script, check=False, cwd=work, timeout=timeout,
               stdin=subprocess.DEVNULL, env={**suite.environment, "PATH": f"{COMMAND.parent}:{os.environ['PATH']}"})


def test_what_other_tests_run_is_there_to_be_run():
    for where in ELSEWHERE.values():
        assert (ROOT / where).exists(), where


@pytest.mark.parametrize("document, block", BLOCKS, ids=[f"{name}: {text.splitlines()[0][:50]}" for name, text in BLOCKS])
def test_a_block_of_commands_does_what_it_says(suite, work, document, block):
    # A follower ends with its reader.
    done = shell(suite, work, "set -e\n" + here(block, suite, work))
    assert done.returncode == 0, f"{document}:\n{block}\n{done.stdout}{done.stderr}"


@pytest.mark.parametrize("document, command", COMMANDS, ids=[words for _, words in COMMANDS])
def test_a_command_is_one(suite, work, document, command):
    words = [word for word in here(command, suite, work).split() if not word.startswith("[")]
    words = [value_of(word.rstrip("…"), words, suite, work) if re.fullmatch(r"[A-Z]+…?", word) else word for word in words]
    if "--follow" in words:
        words = UNTIL_INTERRUPTED.format(" ".join(words)).split()
    if words[-1] == "hosts" and "archive" in words:
        assert shell(suite, work, "portreeve export hosts.toml").returncode == 0
        words[-1] = "hosts.toml"
    done = shell(suite, work, " ".join(words))
    if done.returncode in (1, 2) and command != "portreeve doctor":
        # The text speaks of the command and its options, and not of one call of it.
        options = [word for word in words if word.startswith("--")]
        done = shell(suite, work, " ".join(word for word in words if re.fullmatch("[a-z]+", word)) + " --help")
        assert all(option in done.stdout for option in options), f"{document}: {words}\n{done.stdout}{done.stderr}"
    assert done.returncode == 0 or (command == "portreeve doctor" and done.returncode == 1), f"{document}: {words}\n{done.stdout}{done.stderr}"
