# SPDX-License-Identifier: GPL-3.0-or-later
"""One machine for all system tests, which are steps of one life: booted, installed, rebooted, upgraded, purged.

The files run in the order of their names, the tests of a file from top to bottom.
"""
import os
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
sys.path.insert(0, str(HERE.parent))

from harness.namespaces import run_tag  # noqa: E402

from capture import Capture  # noqa: E402
from container import Container, ContainerWorld  # noqa: E402
from machine import MAC, Machine, World  # noqa: E402

PACKAGES = Path(os.environ.get("PORTREEVE_PACKAGES", HERE.parent.parent / "build-package"))
LATER_VERSION = "9.0.0"


def only(files, what):
    found = sorted(files)
    assert len(found) == 1, f"{what}: expected one, found {found}: build it with ./package"
    return found[0]


def packages(later):
    """The .debs that ./package has built, the firewall itself first; or the same with a later version."""
    return [only([p for p in PACKAGES.glob(f"{name}_*.deb") if (LATER_VERSION in p.name) == later], f"{name}_*.deb in {PACKAGES}")
            for name in ("portreeve", "portreeve-ui", "portreeve-notify")]


def pytest_addoption(parser):
    parser.addoption("--container", action="store_true", help="in a container with its own systemd, instead of QEMU")


def pytest_configure(config):
    config.addinivalue_line("markers", "own_kernel: about what a container shares with the host; in QEMU alone")
    config.portreeve_left_out = []


def pytest_collection_modifyitems(config, items):
    if not config.getoption("--container"):
        return
    left_out = [item for item in items if item.get_closest_marker("own_kernel")]
    config.portreeve_left_out = [item.name for item in left_out]
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if item not in left_out]


def pytest_terminal_summary(terminalreporter, config):
    for name in config.portreeve_left_out:
        terminalreporter.write_line(f"left out in a container, whose clock is the host's (QEMU shows it): {name}")


@pytest.fixture(scope="session")
def machine(request):
    subprocess.run([HERE.parent.parent / "package", "--as", LATER_VERSION, PACKAGES], check=True)
    first, later = packages(later=False), packages(later=True)
    probe = Path(os.environ.get("PORTREEVE_BUILD", HERE.parent.parent / "build-test")) / "tests" / "probe"
    in_container = request.config.getoption("--container")
    with (ContainerWorld if in_container else World)(run_tag()) as world:
        running = (Container if in_container else Machine)(world, [*first, *later, probe], say=lambda words: print(words, file=sys.__stderr__, flush=True))
        request.config.portreeve_machine = running
        running.versions = {name: " ".join(f"/media/files/{p.name}" for p in debs) for name, debs in (("first", first), ("later", later))}
        running.wire = Capture(running.capture_file, MAC)
        try:
            yield running
        finally:
            running.close()


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """A failed step shows what the guest had to say."""
    report = (yield).get_result()
    running = getattr(item.config, "portreeve_machine", None)
    if report.failed and running is not None and running.process.poll() is None:
        said = running.run("systemctl --no-pager --failed; journalctl -b --no-pager -n 60 -o short-monotonic", check=False)
        report.sections.append(("the guest's journal", said.out[-8000:]))
