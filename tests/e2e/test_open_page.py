# SPDX-License-Identifier: GPL-3.0-or-later
"""`portreeve ui` opens the browser of a graphical session, and prints the link anywhere else."""
import os

import pytest
from harness.namespaces import run
from harness.suite import COMMAND

DEFAULT = "allow"


@pytest.fixture
def browser(suite, tmp_path):
    """An xdg-open that notes what it was asked to open."""
    script = tmp_path / "xdg-open"
    script.write_text(f'#!/bin/sh\necho noise\nprintf %s "$1" > {tmp_path}/opened\n')
    script.chmod(0o755)

    def ui(*words, **variables):
        clear = [word for name in ("DISPLAY", "WAYLAND_DISPLAY", "SUDO_UID") for word in ("-u", name)]
        settings = {**suite.environment, "PATH": f"{tmp_path}:{os.environ['PATH']}"}
        done = run("ip", "netns", "exec", suite.net.machine, "env", *clear, *[f"{k}={v}" for k, v in variables.items()],
                   COMMAND, "ui", *words, env=settings)
        opened = tmp_path / "opened"
        text = opened.read_text() if opened.exists() else ""
        opened.unlink(missing_ok=True)
        return done.stdout, text

    return ui


def test_in_a_graphical_session_the_link_is_opened_not_printed(browser):
    printed, opened = browser(DISPLAY=":0")
    assert printed == "" and opened.startswith("http://127.0.0.1:817/login#")


@pytest.mark.parametrize("words, variables", [([], {}), (["--print"], {"DISPLAY": ":0"}), ([], {"DISPLAY": ":0", "SUDO_UID": "1000"})])
def test_anywhere_else_it_is_printed(browser, words, variables):
    printed, opened = browser(*words, **variables)
    assert printed.startswith("http://127.0.0.1:817/login#") and opened == ""
