# SPDX-License-Identifier: GPL-3.0-or-later
"""A file system that never answers keeps nobody waiting but whoever runs programs from it."""
import hashlib
import subprocess

import pytest

from harness.hanging_files import OPEN, READ, HangingFiles
from harness.namespaces import wait_until
from harness.suite import SETTINGS, Suite

NEIGHBOURS = 10


@pytest.fixture
def suite(net):
    """One for each test: a file system that hung is left alone for a minute, and the next has its number."""
    with Suite(net, settings=SETTINGS.format(default="allow")) as running:
        yield running


def counter(suite, process, name):
    counters = next(p for p in suite.status()["processes"] if p["name"] == process)["counters"]
    return next(c["value"] for c in counters if c["name"] == name)


def newest(suite, name):
    rows = suite.connections(program=name)
    return rows[-1]["process"] if rows else {}


def check_neighbours(suite, name):
    """Others are named at once, and the reader need not start again for it."""
    before = suite.pid("reader"), counter(suite, "attributor", "reader_dialled")
    for _ in range(NEIGHBOURS):
        assert suite.probe(name, "tcp", "10.9.0.13", 7000)["ok"]
    rows = suite.connections(program=name)
    assert len(rows) == NEIGHBOURS, rows
    assert all(r["process"]["cmdline"].endswith("tcp 10.9.0.13 7000") for r in rows), rows
    assert (suite.pid("reader"), counter(suite, "attributor", "reader_dialled")) == before


def check_examined(suite, name):
    held = suite.hold(name, "tcp", "10.9.0.13", 7000)
    wait_until(lambda: newest(suite, name).get("sha256"), 10, lambda: newest(suite, name))
    assert newest(suite, name)["sha256"] == hashlib.sha256((suite.programs / name).read_bytes()).hexdigest()
    held.close()


@pytest.mark.parametrize("kind", [OPEN, READ], ids=["opened", "read"])
def test_a_program_whose_file_cannot_be_had_is_named_and_its_sha256_given_up(suite, tmp_path, kind):
    tmp_path.chmod(0o755)
    program = f"stuck-{kind}"
    with HangingFiles(tmp_path / "files", suite.program("shipped"), program, kinds=[kind]) as files:
        held = suite.net.start(suite.net.machine, files.path, "tcp", "10.9.0.13", 7000, "--hold", stdin=subprocess.PIPE)
        try:
            wait_until(lambda: newest(suite, program), 10, suite.output)
            wait_until(lambda: kind in files.hanging, 10, "the suite asks for the file")
            check_neighbours(suite, f"neighbour-{kind}")
            check_examined(suite, f"examined-{kind}")
            wait_until(lambda: newest(suite, program).get("examination"), 20, lambda: newest(suite, program))
            process = newest(suite, program)
            assert process["path"] == str(files.path) and not process["sha256"], process
            words = "does not answer" if kind == OPEN else "took too long to read"
            assert words in process["examination"], process
        finally:
            held.kill()
            held.wait()
