# SPDX-License-Identifier: GPL-3.0-or-later
"""A clock that is wrong: names are had all the same for a while, lists wait for it and say so, Gate17 does not care."""
import http.server
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from harness.https_list import HttpsList
from harness.namespaces import HOSTS, UPSTREAM, WORLD, wait_until
from harness.node import Node, keygen
from harness.other_clock import AHEAD, BEHIND, OtherClock
from harness.signed_root import SERVER, dig, flags, settings, signed_root
from harness.suite import Suite

AGAIN = 75  # portreeve-lists.service starts it anew


class ListServer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = b"ads.test\n"
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *words):
        """Nobody wants to know."""


@pytest.fixture
def folder():
    path = Path(f"/var/tmp/portreeve-clock-{os.getpid()}")
    shutil.rmtree(path, ignore_errors=True)
    path.mkdir()
    path.chmod(0o755)
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture
def lists(folder):
    made = HttpsList(folder / "lists", ListServer)
    try:
        yield made
    finally:
        made.close()


@pytest.mark.parametrize("says, words", [
    (BEHIND, "is not valid by this machine's clock, which says 1970-01-12T13:46"),
    (AHEAD, "has ended by this machine's clock, which says 2059-12-")])
def test_a_list_that_a_wrong_clock_keeps_away_says_so_and_comes_as_soon_as_the_clock_is_right(lists, folder, says, words):
    status, output = lists.make(**OtherClock(folder, says).environment)
    assert status == 1 and words in output, output
    assert ("set the clock" in output) == (says == BEHIND), output
    assert not lists.names.exists()
    status, output = lists.make()
    assert status == 0 and lists.names.exists(), output


def test_under_systemd_it_waits_for_the_clock_and_is_started_anew_once_it_is_set(lists, folder):
    clock = OtherClock(folder, BEHIND)
    process = lists.start(**clock.environment, PORTREEVE_LISTS_AGAIN="1")
    try:
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(3)
        clock.set_right()
        output = process.communicate(timeout=5)[1]
        assert process.returncode == AGAIN and "once the clock is set" in output, output
    finally:
        process.kill()
    assert lists.make(PORTREEVE_LISTS_AGAIN="1")[0] == 0 and lists.names.exists()


JUST_STARTED, UP_FOR_AN_HOUR = 60, 3600  # seconds


class SuiteOfAnotherTime(Suite):
    """Its resolver has that clock."""

    def __init__(self, net, folder, clock, **more):
        super().__init__(net, **more)
        self.daemons = clock.daemons(folder / "daemons", "resolver")

    @property
    def environment(self):
        return {**super().environment, "PORTREEVE_DAEMONS": str(self.daemons)}

    def notes(self):
        return [note for note in next(p for p in self.status()["processes"] if p["name"] == "resolver").get("notes", []) if "clock" in note]


@pytest.fixture(scope="module")
def signed(net):
    with signed_root(net) as made:
        yield made


@pytest.mark.parametrize("upstream", [SERVER, "root"])
@pytest.mark.parametrize("says, words", [
    (BEHIND, "the clock says 1970-01-12T13:46"),
    (AHEAD, "and the newest that the root has signed ended")])
def test_right_after_the_start_signed_names_are_had_in_spite_of_the_clock_until_it_is_set(net, folder, signed, says, words, upstream):
    clock = OtherClock(folder, says, JUST_STARTED)
    with SuiteOfAnotherTime(net, folder, clock, settings=settings(signed, upstream)) as suite:
        answer = dig(suite, "+adflag", "www.signed")
        assert "192.0.2.1" in answer and "ad" not in flags(answer), answer + suite.output()
        assert "SERVFAIL" in dig(suite, "www.forged"), "a wrong signature is refused all the same"
        assert len(suite.notes()) == 1 and words in suite.notes()[0], suite.notes()
        clock.set_right()
        wait_until(lambda: "ad" in flags(dig(suite, "+adflag", "www.signed")), 30, lambda: f"it is validated again\n{suite.output()}")
        assert says == BEHIND or suite.notes() == [], suite.notes()
        assert ("starts anew" in suite.output()) == (says == AHEAD), suite.output()


@pytest.mark.parametrize("upstream", [SERVER, "root"])
def test_later_what_has_ended_by_the_clock_is_refused(net, folder, signed, upstream):
    with SuiteOfAnotherTime(net, folder, OtherClock(folder, AHEAD, UP_FOR_AN_HOUR), settings=settings(signed, upstream)) as suite:
        assert "SERVFAIL" in dig(suite, "www.signed")
        assert suite.notes() == []


class Tunnel:
    """As much of harness.tunnel as a node wants."""

    def __init__(self, net, folder):
        self.net, self.folder = net, folder

    def listen(self, name, port, *words, namespace, env):
        process = self.net.start(namespace, *words, env=env)
        wait_until(lambda: f":{port} " in self.net.outside("ss", "-Hltn").stdout, 10, f"{name} listens")
        return process


class NodeOfAnotherTime(Node):
    def __init__(self, clock, *words):
        self.clock = clock
        super().__init__(*words)

    @property
    def environment(self):
        return {**super().environment, **self.clock.environment}


@pytest.mark.parametrize("says", [BEHIND, AHEAD])
def test_a_gate17_node_is_known_by_its_key_whatever_its_clock_or_ours_says(net, folder, says):
    own = keygen(folder / "own.key")
    node = NodeOfAnotherTime(OtherClock(folder, says), Tunnel(net, folder), "node", net.world, WORLD[0], own)
    ways = f'[policy]\ndefault = "block"\n[resolver]\nupstreams = ["{UPSTREAM[0]}"]\n[[gate.way]]\nname = "node"\n{node.way(folder / "own.key")}'
    rule = '[[rule]]\nname = "by node"\naction = "gate17"\nprocess = { path = "$BIN/app" }\nway = "node"\n'
    try:
        with Suite(net, rule, settings=ways) as suite:
            seen = suite.probe("app", "tcp", HOSTS["www.other.test"][0], 7000)
            assert seen["ok"], (seen, suite.output())
            assert suite.connections(program="app")[-1]["verdict"]["way"] == "node"
    finally:
        node.process.terminate()
        node.process.wait(5)
