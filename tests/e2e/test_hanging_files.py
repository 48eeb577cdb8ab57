# SPDX-License-Identifier: GPL-3.0-or-later
"""A file system that never answers keeps nobody waiting but whoever runs programs from it."""
import hashlib
import subprocess
from pathlib import Path

import pytest

from harness.hanging_files import OPEN, READ, HangingFiles
from harness.namespaces import wait_until
from harness.suite import SETTINGS, Suite

NEIGHBOURS = 10

# Its arguments are pages of a file whose server answers nobody else: what /proc says of them hangs.
HIDES_ITS_ARGUMENTS = """
import ctypes, mmap, os, socket, sys
libc = ctypes.CDLL(None)
libc.mmap.restype = ctypes.c_void_p
libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_long]
start = int(open("/proc/self/stat").read().rsplit(")", 1)[1].split()[45]) & ~4095
file = os.open(sys.argv[1], os.O_RDONLY)
FIXED = 0x10
at = libc.mmap(start, 4096, mmap.PROT_READ | mmap.PROT_WRITE, mmap.MAP_PRIVATE | FIXED, file, 0)
assert at == start, at
s = socket.create_connection(("10.9.0.13", 7000), 10)
s.recv(99)
print("connected", flush=True)
sys.stdin.readline()
"""


@pytest.fixture(scope="module")
def suite(net):
    with Suite(net, settings=SETTINGS.format(default="allow")) as running:
        yield running


def counter(suite, process, name):
    return next(p for p in suite.status()["processes"] if p["name"] == process)["counters"][name]


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


def test_a_program_whose_arguments_cannot_be_read_is_named_without_them(suite, tmp_path):
    tmp_path.chmod(0o755)
    with HangingFiles(tmp_path / "files", suite.program("shipped"), "page", kinds=[READ]) as files:
        held = [suite.net.start(suite.net.machine, "/usr/bin/python3", "-c", HIDES_ITS_ARGUMENTS, files.path,
                               stdin=subprocess.PIPE)
                for _ in range(4)]
        try:
            python = Path("/usr/bin/python3").resolve().name
            wait_until(lambda: len(suite.connections(program=python)) == len(held), 15, suite.output)
            assert READ in files.hanging
            for row in suite.connections(program=python):
                assert row["process"]["path"].endswith(python) and row["process"]["cmdline"] == "", row
            check_neighbours(suite, "beside-arguments")
        finally:
            for one in held:
                one.kill()
                one.wait()
