# SPDX-License-Identifier: GPL-3.0-or-later
"""A disk that is full never touches a verdict: recording waits, says so, and goes on."""
import json

import pytest

from harness.namespaces import run, wait_until
from harness.suite import Suite


@pytest.fixture(scope="module")
def suite(net):
    running = Suite(net, "", "allow")
    small = running.state / "history"
    small.mkdir(parents=True)
    run("mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", small)
    try:
        with running:
            yield running
    finally:
        run("umount", "-l", small, check=False)


def history(suite, program):
    done = suite.command("history", "--program", program, "--json", check=False)
    return [json.loads(line) for line in done.stdout.splitlines()] if done.returncode == 0 else []


def test_a_full_disk_is_said_and_survived(suite):
    suite.probe("before", "tcp", "10.9.0.13", 7000)
    wait_until(lambda: history(suite, "before"), 10, "the first one is recorded")
    ballast = suite.state / "history" / "ballast"
    run("dd", "if=/dev/zero", f"of={ballast}", "bs=4096", check=False)
    for _ in range(20):
        assert suite.probe("during", "tcp", "10.9.0.13", 7000)["ok"]
    status = wait_until(lambda: (s := suite.status())["state"] == "degraded" and s, 20,
                        lambda: f"degraded: {suite.status()['state']} {suite.output()[-1000:]}")
    assert "historian" in status["reason"]
    said = next(p for p in status["processes"] if p["name"] == "historian")
    assert "nothing is recorded" in said["reason"], said
    ballast.unlink()
    suite.wait_enforcing(20)
    wait_until(lambda: len(history(suite, "during")) == 20, 20, lambda: f"all are recorded: {len(history(suite, 'during'))}")
    gaps = [json.loads(line) for line in suite.command("history", "--gaps", "--json").stdout.splitlines()]
    assert any("the disk took nothing" in gap["reason"] for gap in gaps)
