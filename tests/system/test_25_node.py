# SPDX-License-Identifier: GPL-3.0-or-later
"""A Gate17 node as a unit of systemd, on a machine that the suite guards."""
import json
import re

import pytest

from harness.namespaces import MACHINE

from test_10_install import enforcing

AT_MOST = 3.1  # it starts as root, binds its ports, reads its key and lets others out
SETTINGS = "/etc/portreeve/portreeve.toml"
RULES = "/etc/portreeve/rules.d/40-node.toml"  # before the first policy's "nothing else comes in"
QUOTE = f"""
import socket
t = socket.create_connection(("{MACHINE[0]}", 17), 20).makefile("rb").read()
assert t.endswith(b"\\r\\n") and len(t) > 10, t
print("quoted")
"""


@pytest.fixture(scope="module", autouse=True)
def node(machine):
    """The settings of a node with one client, whose key nobody has; what comes in to port 17 is allowed."""
    before = machine.out(f"cat {SETTINGS}") + "\n"
    machine.run("install -d /etc/portreeve/gate; portreeve gate keygen /etc/portreeve/gate/node.key")
    client = machine.out("portreeve gate keygen /root/client.key").strip()
    machine.write(SETTINGS, before + f'[node]\nkey = "/etc/portreeve/gate/node.key"\nexit = ["lan"]\n[[node.client]]\nname = "laptop"\nkey = "{client}"\n')
    machine.write(RULES, '[[rule]]\nname = "clients of the node"\naction = "allow"\ndirection = "in"\nport = 17\n')
    machine.run("portreeve rule reload")
    machine.run("systemctl start portreeve-gate-node.service", timeout=120)
    yield
    machine.run(f"systemctl stop portreeve-gate-node.service; rm /root/client.key; rm -r /etc/portreeve/gate; rm {RULES}; portreeve rule reload")
    machine.write(SETTINGS, before)


def told(machine, who="root"):
    lines = machine.out(f"runuser -u {who} -- portreeve gate status --json").splitlines()
    return next(line for line in map(json.loads, lines) if line["type"] == "node")


def test_the_unit_runs_and_is_started_by_nobody_but_its_administrator(machine):
    assert machine.out("systemctl is-active portreeve-gate-node.service") == "active"
    assert machine.run("systemctl is-enabled portreeve-gate-node.service", check=False).out.strip() == "disabled"
    pid = machine.out("systemctl show -P MainPID portreeve-gate-node.service")
    status = dict(re.findall(r"^(\w+):[ \t]*(.*)$", machine.out(f"cat /proc/{pid}/status"), re.M))
    assert status["Uid"].split()[0] == machine.out("id -u portreeve-node")
    assert status["CapEff"].strip("0") == "" and status["NoNewPrivs"] == "1" and status["Seccomp"] == "2", status


def test_it_takes_whoever_comes_to_port_17(machine):
    assert machine.world.outside("/usr/bin/python3", "-c", QUOTE, timeout=60).stdout.strip() == "quoted"


def test_those_who_may_observe_see_what_it_does_and_nobody_else(machine):
    seen = told(machine)
    assert set(seen["listen"]) == {"0.0.0.0:17", "[::]:17"} and seen["quotes"] >= 1 and seen["uptime"] > 0, seen
    assert [client["name"] for client in seen["clients"]] == ["laptop"] and seen["clients"][0]["connections"] == [], seen
    machine.run("usermod -a -G portreeve-observe alice")
    assert told(machine, "alice")["key"] == seen["key"]
    refused = machine.run("runuser -u nobody -- portreeve gate status", check=False)
    assert refused.code != 0 and seen["key"] not in refused.out


def test_systemd_analyze_finds_the_unit_hardened(machine):
    said = machine.run("systemd-analyze security --no-pager portreeve-gate-node.service | tail -n 1", timeout=120).out
    assert float(re.search(r"([0-9.]+) [A-Z]+", said)[1]) <= AT_MOST, said


def test_a_killed_node_comes_back_and_answers_on_the_same_socket(machine):
    pid = machine.out("systemctl show -P MainPID portreeve-gate-node.service")
    machine.run(f"kill -9 {pid}")
    machine.wait(f"test $(systemctl show -P MainPID portreeve-gate-node.service) != {pid} && "
                 "systemctl is-active portreeve-gate-node.service", 60)
    assert told(machine)["quotes"] == 0
    assert machine.world.outside("/usr/bin/python3", "-c", QUOTE, timeout=60).stdout.strip() == "quoted"


def test_an_upgrade_restarts_it(machine):
    pid = machine.out("systemctl show -P MainPID portreeve-gate-node.service")
    machine.run(f"DEBIAN_FRONTEND=noninteractive apt-get install -y --reinstall {machine.versions['first']} >/root/reinstall.log 2>&1", timeout=300)
    machine.wait(f"test $(systemctl show -P MainPID portreeve-gate-node.service) != {pid} && "
                 "systemctl is-active portreeve-gate-node.service", 60)
    assert told(machine)["clients"][0]["name"] == "laptop"
    enforcing(machine)


def test_it_needs_no_suite_beside_it(machine):
    machine.run("systemctl stop portreeve.target", timeout=120)
    try:
        assert machine.out("systemctl is-active portreeve-gate-node.service") == "active"
        assert json.loads(machine.out("portreeve gate status --json"))["type"] == "node"
    finally:
        machine.run("systemctl start portreeve.target", timeout=120)
        enforcing(machine)
