# SPDX-License-Identifier: GPL-3.0-or-later
"""`portreeve who` beside `ss -tulpn`, on a machine with a container and other users' scripts: what ss says of each, and what more is told
(docs/who.md; test_shared_sockets.py has socket activation)."""
import os
import re
from pathlib import Path

import pytest

from harness.control_groups import ControlGroups
from harness.namespaces import end, wait_until
from harness.suite import COMMAND, SETTINGS, Suite

OBSERVERS = 4717
SERVER = "import socket, sys, time; s = socket.create_server(('127.0.0.1', int(sys.argv[1]))); time.sleep(600)\n"
AS_NOBODY = ["setpriv", "--reuid=65534", "--regid=65534"]


@pytest.fixture(scope="module")
def suite(net):
    """With a group of those who may observe."""
    group = Path("/etc/group").read_text()
    Path(f"/etc/netns/{net.machine}/group").write_text(f"{group.rstrip()}\nportreeve-observe:x:{OBSERVERS}:\n")
    with Suite(net, settings=SETTINGS.format(default="allow")) as running:
        yield running


@pytest.fixture
def groups():
    made = ControlGroups()
    yield made
    made.remove()


def ss(suite, port, *prefix):
    """What it says of who has that port: "users:((…))", or nothing."""
    lines = suite.net.inside(*prefix, "ss", "-Htulpn", f"sport = :{port}").stdout.splitlines()
    assert lines, f"nobody listens on {port}"
    found = re.search(r"users:\(.*\)", lines[0])
    return found[0] if found else ""


def listen(suite, port, *words, **more):
    process = suite.net.start(suite.net.machine, *words, **more)
    wait_until(lambda: suite.net.inside("ss", "-Hltn", f"sport = :{port}").stdout, 10, f"somebody listens on {port}")
    return process


def script(suite, name):
    path = suite.programs / name
    path.write_text(SERVER)
    return path


def test_of_a_script_ss_says_python3_and_who_says_which_file_for_whom_and_who_started_it(suite):
    api = script(suite, "api.py")
    server = listen(suite, 8001, *AS_NOBODY, "--clear-groups", "/usr/bin/python3", api, 8001)
    answer = suite.json("who", "tcp", ":8001")
    assert '"python3"' in ss(suite, 8001) and "api.py" not in ss(suite, 8001)
    assert (answer["script"], answer["user"], answer["pid"]) == (str(api), "nobody", server.pid), answer
    assert answer["path"] == os.path.realpath("/usr/bin/python3") and answer["sha256"] and answer["package"], answer
    assert answer["parents"][0]["pid"] == os.getpid(), answer
    end(server)


def test_of_a_container_ss_says_nothing_and_who_says_its_name(suite, groups):
    name = f"shop{os.getpid()}"
    api = script(suite, "shop.py")
    group = groups.make(f"lxc.payload.{name}")
    server = listen(suite, 8002, "sh", "-c", 'exec "$@"', "sh", "/usr/bin/python3", api, 8002)
    (group / "cgroup.procs").write_text(str(server.pid))
    assert name not in ss(suite, 8002)
    answer = suite.json("who", "tcp", ":8002")
    assert (answer["container_runtime"], answer["container"]) == ("lxc", name), answer
    assert f"lxc {name}" in suite.command("who", "tcp", ":8002").stdout
    end(server)


def test_whoever_is_not_root_gets_no_name_from_ss_and_as_an_observer_all_of_it_from_who(suite):
    server = listen(suite, 8003, "/usr/bin/python3", script(suite, "root.py"), 8003)
    assert ss(suite, 8003, *AS_NOBODY, "--clear-groups") == ""
    observer = [*AS_NOBODY, f"--groups={OBSERVERS}"]
    environment = [f"{key}={value}" for key, value in suite.environment.items() if key.endswith("_DIRECTORY")]
    command = suite.net.inside(*observer, "env", *environment, COMMAND, "who", "tcp", ":8003", "--json")
    assert "root.py" in command.stdout and str(server.pid) in command.stdout, command
    end(server)
