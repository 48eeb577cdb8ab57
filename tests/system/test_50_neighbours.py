# SPDX-License-Identifier: GPL-3.0-or-later
"""Other programs that a machine has, and what `doctor` says of them."""
import json

from harness.namespaces import HOSTS, MACHINE
from test_10_install import enforcing

ALLOWED, OTHER = HOSTS["www.allowed.test"][0], HOSTS["www.other.test"][0]
PROBE = "/media/files/probe"


def findings(machine):
    return [json.loads(line) for line in machine.run("portreeve doctor --json", check=False).out.splitlines()]


def test_doctor_finds_no_problem_on_a_machine_that_works(machine):
    assert not [f for f in findings(machine) if f["severity"] == "problem"]
    assert machine.run("portreeve doctor", check=False).code == 0


def test_doctor_names_who_holds_port_53(machine):
    machine.run("systemctl stop portreeve.target portreeve-rules.service", timeout=120)
    machine.run("systemd-run --unit=squatter nc -l -u -k 127.0.0.1 53")
    machine.wait("ss -Hlun sport = :53 | grep -q 127.0.0.1", 20)
    found = [f for f in findings(machine) if f["subject"] == "port 53"]
    machine.run("systemctl stop squatter; systemctl start portreeve.target", timeout=120)
    enforcing(machine)
    assert found and found[0]["severity"] == "problem" and "squatter.service" in found[0]["what"]


def test_beside_systemd_resolved_names_are_judged_and_resolved(machine):
    machine.write("/run/systemd/resolved.conf.d/stray.conf", "[Resolve]\nDNS=10.9.0.54\nFallbackDNS=\n")
    machine.run("systemctl start systemd-resolved.service")
    try:
        assert machine.out("dig +short +time=10 www.allowed.test @127.0.0.53") == ALLOWED
        assert "hello" in machine.run("curl -s -m 10 --http0.9 http://www.allowed.test/", check=False).out
    finally:
        machine.run("systemctl stop systemd-resolved.service")
    assert machine.out("cat /etc/resolv.conf") == machine.before["resolv"]


def test_forwarded_packets_of_containers_are_let_alone_and_this_is_said(machine):
    machine.run("ip netns add box && ip link add veth-box type veth peer name eth0 netns box && ip addr add 172.30.0.1/24 dev veth-box && "
                "ip link set veth-box up && ip -n box addr add 172.30.0.2/24 dev eth0 && ip -n box link set eth0 up && "
                "ip -n box route add default via 172.30.0.1 && sysctl -q -w net.ipv4.ip_forward=1")
    machine.world.outside("ip", "route", "add", "172.30.0.0/24", "via", MACHINE[0])
    try:
        assert '"ok":true' in machine.out(f"ip netns exec box {PROBE} tcp {OTHER} 7000 --timeout 20")
        assert "forwarded packets" in machine.out("portreeve status")
    finally:
        machine.run("sysctl -q -w net.ipv4.ip_forward=0; ip link del veth-box; ip netns del box", check=False)
