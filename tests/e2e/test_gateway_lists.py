# SPDX-License-Identifier: GPL-3.0-or-later
"""Lists of names are made anew when the API is asked for it, and it tells how that went."""
import os
from pathlib import Path

import pytest
from harness.gateway import Login, ask, post
from harness.namespaces import UPSTREAM, wait_until
from harness.suite import Suite


@pytest.fixture
def source():
    path = Path(f"/var/tmp/portreeve-list-{os.getpid()}.txt")
    path.write_text("www.blocked.test\nother.test\n")
    path.chmod(0o644)
    yield path
    path.unlink()


def updated(suite, login):
    def ended():
        update = ask(suite, login.headers, "lists")[2].get("update", {})
        return update if update.get("started", "") != before and update.get("ended") else None
    before = ask(suite, login.headers, "lists")[2].get("update", {}).get("started", "")
    assert ask(suite, login.headers, "lists/update", *post({}))[0] == 200
    return wait_until(ended, 30, lambda: (ask(suite, login.headers, "lists"), suite.output()[-3000:]))


def test_an_update_that_the_page_asks_for_is_done_and_told(net, source):
    settings = f"""
[policy]
default = "allow"
[resolver]
upstreams = ["{UPSTREAM[0]}"]
[list.ads]
sources = ["{source}"]
"""
    with Suite(net, settings=settings) as suite:
        login = Login(suite)
        update = updated(suite, login)
        assert update["good"] and update["problems"] == [], update
        wait_until(lambda: [(one["name"], one["names"]) for one in ask(suite, login.headers, "lists")[2]["lists"]] == [("ads", 2)], 10,
                   lambda: ask(suite, login.headers, "lists"))
        source.write_text("\n")
        update = updated(suite, login)
        assert not update["good"] and update["problems"][0].startswith("ads: "), update
        assert ask(suite, Login(suite, "--observe").headers, "lists/update", *post({}))[0] == 403
