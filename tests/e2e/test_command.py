# SPDX-License-Identifier: GPL-3.0-or-later
"""The command: exit codes, help and words that a stranger understands."""
import json
import subprocess
import threading

import pytest

from harness.namespaces import run, wait_until
from harness.suite import COMMAND, Suite

DEFAULT = "allow"
SUBCOMMANDS = ["up", "confirm", "down", "status", "connections", "explain", "check", "rule", "who", "ui", "list", "demo"]


@pytest.mark.parametrize("subcommand", SUBCOMMANDS)
def test_every_subcommand_explains_itself(subcommand):
    done = run(COMMAND, subcommand, "--help")
    assert "Usage" in done.stdout and len(done.stdout.splitlines()) > 3, done.stdout


@pytest.mark.parametrize("words", [["no-such"], ["status", "--no-such"], ["who"], ["explain", "--to", "not-an-address"]])
def test_wrong_use_is_exit_2_with_a_sentence(suite, words):
    done = suite.command(*words, check=False)
    assert done.returncode == 2 and done.stderr.strip(), done


@pytest.mark.parametrize("words", [["status"], ["connections"], ["rule", "list"], ["explain", "1"], ["confirm"], ["ui"],
                                   ["who", "tcp", "127.0.0.1:1"]])
def test_without_a_running_suite_it_is_exit_3_and_says_how_to_start_it(tmp_path, words):
    done = run("env", f"RUNTIME_DIRECTORY={tmp_path}", COMMAND, *words, check=False)
    assert done.returncode == 3, done
    assert "portreeve up" in done.stdout + done.stderr, done


def test_status_has_the_shape_of_the_design(suite):
    status = suite.status()
    assert status["state"] == "enforcing"
    assert {p["name"] for p in status["processes"]} == {"interceptor", "keeper", "attributor", "reader", "resolver", "policy", "historian", "gateway", "gate"}
    assert all({"name", "pid", "uid", "state", "since"} <= set(p) for p in status["processes"])
    assert {q["queue"] for q in status["queues"]} == {17040, 17060, 17140, 17160}
    assert status["rules"]["default"] == "allow"
    assert any("forwarded" in words for words in status["not_seen"])
    assert "enforcing" in suite.command("status").stdout


def test_connections_follow_shows_what_comes(suite):
    follower = subprocess.Popen(["ip", "netns", "exec", suite.net.machine, str(COMMAND), "connections", "--follow", "--json"],
                                env=suite.environment, stdout=subprocess.PIPE, text=True)
    suite.net.processes.append(follower)
    rows = []
    reader = threading.Thread(target=lambda: rows.extend(json.loads(line) for line in follower.stdout), daemon=True)
    reader.start()

    def seen():
        suite.probe("followed", "tcp", "10.9.0.13", 7000)
        return any(r["process"]["path"].endswith("/followed") for r in rows)
    wait_until(seen, 10, "the follower shows the connection")
    follower.terminate()


def test_a_second_up_in_the_same_place_is_refused_with_the_firsts_pid(suite):
    done = suite.command("up", check=False, timeout=20)
    assert done.returncode == 1
    assert "already" in done.stderr and any(c.isdigit() for c in done.stderr), done.stderr


def test_up_says_who_holds_a_port_that_it_needs(net):
    holder = net.start(net.world, "nc", "-l", "127.0.0.1", "817")
    try:
        other = Suite(type("Elsewhere", (), {"machine": net.world, "inside": net.outside})(), "")
        done = other.command("up", check=False, timeout=20)
        assert done.returncode == 1 and "nc" in done.stderr and "817" in done.stderr, done.stderr
    finally:
        holder.kill()
