# SPDX-License-Identifier: GPL-3.0-or-later
"""What a process may choose (its file's name, its arguments, its name) reaches no terminal, log or rule as it came."""
import os
import re
import shutil
import subprocess

import pytest

from harness.suite import SETTINGS, Suite

NAME = "we\nird\x1b[2J\udcff\u202e"  # a line end, an escape sequence, no UTF-8, and from here right to left
LONGEST_ARGUMENT = 128 * 1024 - 1  # execve(2), MAX_ARG_STRLEN
TRUSTED = "/usr/bin/ssh"
# Executed under another name than its file's (argv[0] is free), as long as the kernel lets it be.
EXECUTE = f"import os, sys; os.execv(sys.argv[1], [('{TRUSTED} \\n\\x1b]0;title\\x07 ' + 'x' * 200000)[:{LONGEST_ARGUMENT}], *sys.argv[2:]])"
UNPRINTABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\u202e\ufffd]|[\ud800-\udfff]")


@pytest.fixture(scope="module")
def suite(net):
    with Suite(net, settings=SETTINGS.format(default="allow")) as running:
        yield running


@pytest.fixture
def hostile(suite):
    path = suite.programs / NAME
    shutil.copy(suite.program("plain"), path)
    return path


def connect(suite, hostile):
    return subprocess.run(["ip", "netns", "exec", suite.net.machine, "/usr/bin/python3", "-c", EXECUTE, os.fsencode(hostile),
                           "tcp", "10.9.0.13", "7000"], capture_output=True, text=True, timeout=30)


def row_of(suite):
    return next(r for r in reversed(suite.connections(protocol="tcp")) if "ird" in r["process"]["path"])


def test_a_hostile_name_and_arguments_are_shown_spelled_out_and_marked_where_they_are_cut(suite, hostile):
    assert '"ok":true' in connect(suite, hostile).stdout
    row = row_of(suite)
    process = row["process"]
    assert process["path"].endswith(r"/we\x0aird\x1b[2J\xff\xe2\x80\xae"), process
    assert process["name"] == r"we\x0aird\x1b[2J\xff\xe2\x80\xae", process
    assert process["cmdline"].startswith(TRUSTED + r" \x0a\x1b]0;title\x07 xxx") and process["cmdline"].endswith("x…"), process
    assert len(process["cmdline"].encode()) <= 1024


@pytest.mark.parametrize("words", [["connections"], ["explain"], ["connections", "--json"], ["history"]])
def test_nothing_of_it_reaches_a_terminal_as_it_came(suite, hostile, words):
    assert '"ok":true' in connect(suite, hostile).stdout
    row = row_of(suite)
    words = {"explain": ["explain", str(int(row["id"]))]}.get(words[0], words)
    said = suite.command(*words, check=False)
    text = said.stdout + said.stderr
    assert not UNPRINTABLE.search(text), UNPRINTABLE.search(text)
    assert not UNPRINTABLE.search(suite.output()), UNPRINTABLE.search(suite.output())


def test_no_rule_is_won_by_a_lie_about_ones_name(suite, hostile):
    suite.rules(f'[[rule]]\nname = "ssh may"\naction = "allow"\nprocess = {{ path = "{TRUSTED}" }}\n'
                '[[rule]]\nname = "others may not"\naction = "block"\nport = 7000\n')
    try:
        assert '"ok":false' in connect(suite, hostile).stdout
        assert row_of(suite)["verdict"]["rule"] == "others may not"
    finally:
        suite.rules("")
