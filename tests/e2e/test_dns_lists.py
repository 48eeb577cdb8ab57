# SPDX-License-Identifier: GPL-3.0-or-later
"""Lists of names: compiled by portreeve-lists, refused by the resolver, exchanged while it runs."""
import http.server
import json
import os
import shutil
from pathlib import Path

import pytest

from harness.https_list import HttpsList
from harness.namespaces import UPSTREAM, wait_until
from harness.suite import Suite


def settings(source, refuse_with="nxdomain", allow=""):
    return f"""
[policy]
default = "allow"
[resolver]
upstreams = ["{UPSTREAM[0]}"]
refuse_lists = ["ads"]
refuse_with = "{refuse_with}"
[list.ads]
sources = ["{source}"]
allow = [{allow}]
"""


@pytest.fixture
def source():
    path = Path(f"/var/tmp/portreeve-list-{os.getpid()}.txt")
    path.write_text("0.0.0.0 www.blocked.test\n||other.test^\n")
    path.chmod(0o644)
    yield path
    path.unlink()


def dig(suite, *words):
    return suite.net.inside("dig", "+time=3", "+tries=1", "@127.0.0.1", *words, check=False).stdout


def test_listed_names_are_refused_with_the_list_named_until_the_list_changes(net, source):
    with Suite(net, settings=settings(source)) as suite:
        assert "10.9.0.11" in dig(suite, "+short", "www.blocked.test")  # not compiled yet
        suite.command("dns", "lists", "--update")
        wait_until(lambda: "status: NXDOMAIN" in dig(suite, "www.blocked.test"), 5, "the list is in use")
        answer = dig(suite, "www.other.test")
        assert "status: NXDOMAIN" in answer and 'list "ads": *.other.test' in answer, answer
        assert "10.9.0.10" in dig(suite, "+short", "www.allowed.test")
        shown = json.loads(suite.command("dns", "lists", "--json").stdout)
        assert (shown["name"], shown["names"], shown["refused"]) == ("ads", 2, True)
        steps = json.loads(suite.command("dns", "query", "www.blocked.test", "--json", check=False).stdout)
        assert steps["steps"][0] == {"what": "list", "result": 'refused by list "ads": www.blocked.test'}
        told = suite.json("explain", "--domain", "www.blocked.test", "--to", "10.9.0.11:80")
        assert told["lists"] == ["ads: www.blocked.test"], told
        # An alias of a listed name is refused, too.
        source.write_text("www.allowed.test\n")
        suite.command("dns", "lists", "--update")
        wait_until(lambda: "status: NXDOMAIN" in dig(suite, "alias.test"), 5, "the new list is in use")
        assert "10.9.0.13" in dig(suite, "+short", "www.other.test")
        # A source that lost its content does not open what was closed.
        source.write_text("\n")
        assert suite.command("dns", "lists", "--update", check=False).returncode == 1
        assert "status: NXDOMAIN" in dig(suite, "www.allowed.test")


@pytest.mark.parametrize("how, status, address", [("zero", "NOERROR", "0.0.0.0"), ("refused", "REFUSED", "")])
def test_how_a_name_is_refused_can_be_chosen(net, source, how, status, address):
    with Suite(net, settings=settings(source, how, '"www.other.test"')) as suite:
        suite.command("dns", "lists", "--update")
        wait_until(lambda: f"status: {status}" in dig(suite, "x.other.test"), 5, "the list is in use")
        assert dig(suite, "+short", "x.other.test").strip() == address
        assert "10.9.0.13" in dig(suite, "+short", "www.other.test")  # allowed


class Server(http.server.BaseHTTPRequestHandler):
    body, seen = b"", []

    def do_GET(self):
        Server.seen.append(self.headers.get("If-None-Match"))
        if self.headers.get("If-None-Match") == '"one"' and Server.body == b"ads.test\n":
            self.send_response(304)
            self.end_headers()
            return
        self.send_response(200 if Server.body else 500)
        self.send_header("ETag", '"one"')
        self.send_header("Content-Length", str(len(Server.body)))
        self.end_headers()
        self.wfile.write(Server.body)

    def log_message(self, *words):
        pass


def test_an_https_source_is_asked_only_for_what_changed_and_kept_while_it_fails():
    folder = Path(f"/var/tmp/portreeve-lists-{os.getpid()}")
    shutil.rmtree(folder, ignore_errors=True)
    made = HttpsList(folder, Server)
    try:
        Server.body = b"ads.test\n"
        code, said = made.make()
        assert code == 0, said
        assert made.make()[0] == 0
        assert Server.seen == [None, '"one"']
        Server.body = b""
        code, said = made.make()
        assert code == 0 and "last good copy" in said, said
        asked = len(Server.seen)
        made.make()
        assert len(Server.seen) == asked  # it is left alone for a while
        made.make("--now")
        assert len(Server.seen) == asked + 1
        assert made.names.stat().st_size > 4096
    finally:
        made.close()
        shutil.rmtree(folder, ignore_errors=True)
