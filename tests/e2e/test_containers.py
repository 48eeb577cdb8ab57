# SPDX-License-Identifier: GPL-3.0-or-later
"""Containers that real runtimes make are named, and what runs in them is not taken for the host's program of the same path."""
import os

import pytest

from harness.containers import Root, flatpak, lxc, nspawn, podman, runc
from harness.control_groups import ControlGroups
from harness.suite import SETTINGS, Suite

ID = f"{os.getpid():08x}" + "5c7b8a99887766554433221100ffeeddccbbaa001122334455667788"
POD = "9a3b2e1c-0001-4002-8003-000000000004"
FORMS = {  # who asks runc for that path, with a control group driver of its own: (path, engine, pod)
    "docker": (f"/docker/{ID}", "docker", ""),
    "podman": (f"/libpod_parent/libpod-{ID}", "podman", ""),
    "the kubelet": (f"/kubepods/burstable/pod{POD}/{ID}", "", POD),
}
CONNECT = ("tcp", "10.9.0.13", "7000")


@pytest.fixture(scope="module")
def suite(net):
    with Suite(net, settings=SETTINGS.format(default="allow")) as running:
        yield running


@pytest.fixture
def root(suite, tmp_path):
    root = Root(tmp_path / "root")
    root.put(suite.program("shipped"), "/opt/shipped")
    return root


@pytest.fixture
def groups():
    made = ControlGroups()
    yield made
    made.remove()


def of_container(suite, name):
    rows = [r for r in suite.connections(protocol="tcp") if r["process"].get("container") == name]
    assert rows, suite.connections()[-1]
    return rows[-1]


def test_a_container_of_systemd_nspawn_is_named(suite, root, groups):
    name = f"web{os.getpid()}"
    done = nspawn(groups, suite.net.machine, root, name, "/opt/shipped", *CONNECT)
    assert '"ok":true' in done.stdout, done
    process = of_container(suite, name)["process"]
    assert process["container_runtime"] == "nspawn" and process["cmdline"].startswith("/opt/shipped"), process
    assert "container" not in process.get("claimed", []), process
    assert any(parent["path"] == "/usr/bin/systemd-nspawn" for parent in process["parents"]), process


@pytest.mark.parametrize("form", FORMS)
def test_a_container_of_runc_is_named_by_the_group_that_its_engine_wants(suite, root, form):
    group, engine, pod = FORMS[form]
    done = runc(suite.net.machine, root, f"test{os.getpid()}", group, "/opt/shipped", *CONNECT)
    assert '"ok":true' in done.stdout, done
    process = of_container(suite, ID)["process"]
    assert (process.get("container_runtime", ""), process.get("pod", "")) == (engine, pod), process
    assert process["cgroup"] == group and process["kind"] == "foreign-root", process


def test_a_container_of_podman_is_named_by_its_id(suite, root):
    done, identity = podman(suite.net.machine, root, "/opt/shipped", *CONNECT)
    assert '"ok":true' in done.stdout, done
    process = of_container(suite, identity)["process"]
    assert process["container_runtime"] == "podman" and process["kind"] == "foreign-root", process
    assert any(parent["path"] == "/usr/bin/conmon" for parent in process["parents"]), process


def test_a_container_of_lxc_is_named(suite, root):
    name = f"web{os.getpid()}"
    done = lxc(suite.net.machine, root, name, "/opt/shipped", *CONNECT)
    assert '"ok":true' in done.stdout, done
    process = of_container(suite, name)["process"]
    assert process["container_runtime"] == "lxc" and process["kind"] == "foreign-root", process
    assert "container" not in process.get("claimed", []), process


def test_an_application_of_flatpak_is_named_as_its_users_manager_says(suite, root, groups):
    done = flatpak(groups, suite.net.machine, root, "org.example.Shipped", "/opt/shipped", *CONNECT)
    assert '"ok":true' in done.stdout, done
    process = suite.connections(program="shipped")[-1]["process"]
    assert process["flatpak"] == "org.example.Shipped" and process["kind"] == "foreign-root", process
    assert "flatpak" in process["claimed"], process


def test_a_containers_file_of_a_path_does_not_get_the_rule_of_the_hosts(suite, root):
    trusted = suite.program("trusted")
    root.put(suite.program("other"), trusted)
    suite.rules('[[rule]]\nname = "trusted may"\naction = "allow"\nprocess = { path = "$BIN/trusted" }\n'
                f'[[rule]]\nname = "not from there"\naction = "block"\nprocess = {{ container = "{ID}" }}\n')
    try:
        assert suite.probe("trusted", *CONNECT)["ok"]
        assert suite.connections(program="trusted")[-1]["verdict"]["rule"] == "trusted may"
        done = runc(suite.net.machine, root, f"test{os.getpid()}", f"/docker/{ID}", trusted, *CONNECT)
        assert '"ok":false' in done.stdout, done
        row = of_container(suite, ID)
        assert (row["process"]["kind"], row["verdict"]["rule"]) == ("foreign-root", "not from there"), row
    finally:
        suite.rules("")
