# SPDX-License-Identifier: GPL-3.0-or-later
"""What every end-to-end test gets: two network namespaces and, in the first, the running suite."""
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))

from harness.namespaces import Namespaces, run_tag  # noqa: E402
from harness.suite import Suite  # noqa: E402


@pytest.fixture(scope="module")
def net():
    with Namespaces(run_tag()) as namespaces:
        yield namespaces


@pytest.fixture(scope="module")
def suite(net, request):
    """One suite for a file's tests; the file's RULES and DEFAULT say with what."""
    module = request.module
    with Suite(net, getattr(module, "RULES", ""), getattr(module, "DEFAULT", "block")) as running:
        yield running


@pytest.fixture
def capture(tunnel):
    """What goes over the interfaces between the machines of the file's tunnel (harness/tunnel.py)."""
    made = tunnel.capture()
    with made:
        yield made
    made.remove()


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """A failed test shows what the suite had to say."""
    report = (yield).get_result()
    running = item.funcargs.get("suite") if hasattr(item, "funcargs") else None
    if report.failed and running is not None:
        report.sections.append(("portreeve up", running.output()[-6000:]))
