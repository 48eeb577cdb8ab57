# SPDX-License-Identifier: GPL-3.0-or-later
"""Other programs that a machine has, and what `doctor` says of them."""
import json

from harness.namespaces import HOSTS, MACHINE, WORLD
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
        assert "hello" in machine.out("curl -s -m 20 --http0.9 http://www.allowed.test/")
    finally:
        machine.run("systemctl stop systemd-resolved.service")
    assert machine.out("cat /etc/resolv.conf") == machine.before["resolv"]


def test_beside_ufw_both_have_their_say(machine):
    machine.run("ufw --force enable && ufw allow 22/tcp", timeout=120)
    try:
        assert any(f["subject"] == "host's firewall" and "host_rules" in f["remedy"] for f in findings(machine))
        enforcing(machine)
        assert '"ok":true' in machine.out(f"runuser -u alice -- {PROBE} tcp {OTHER} 7000 --timeout 20")
        assert '"ok":false' in machine.run(f"runuser -u bob -- {PROBE} tcp {OTHER} 7000", check=False).out
    finally:
        # ufw leaves its chains when it is disabled; the rest of the tests wants the kernel as it was.
        machine.run("ufw disable; systemctl stop portreeve.target portreeve-rules.service; nft flush ruleset; systemctl start portreeve.target",
                    timeout=180)
    enforcing(machine)


def test_wireguard_with_a_mark_of_its_own_works_and_is_decided(machine):
    machine.write("/etc/portreeve/rules.d/55-wg.toml",
                  '[[rule]]\nname = "the tunnel"\naction = "allow"\nprotocol = "udp"\nport = 51820\n')
    machine.run("systemctl reload portreeve-policy.service")
    world = machine.world
    world.outside("ip", "link", "add", "wg0", "type", "wireguard", check=False)
    keys = [machine.out("wg genkey"), machine.out("wg genkey")]
    public = [machine.out(f"echo {key} | wg pubkey") for key in keys]
    config = (f"[Interface]\nPrivateKey = {keys[0]}\nAddress = 10.8.0.1/24\n[Peer]\nPublicKey = {public[1]}\n"
              f"Endpoint = {WORLD[0]}:51820\nAllowedIPs = 0.0.0.0/0\n")
    machine.write("/etc/wireguard/wg0.conf", config)
    machine.run("sed -i '/^Address/a PostUp = true' /etc/wireguard/wg0.conf; wg-quick up wg0", timeout=120)
    begun = machine.wire.here()
    try:
        assert any(f["subject"] == "VPN's mark" and f["severity"] == "note" for f in findings(machine))
        machine.run(f"runuser -u alice -- {PROBE} tcp 198.51.100.7 7000 --timeout 2; runuser -u bob -- {PROBE} tcp 198.51.100.8 9 --timeout 2",
                    check=False)
        seen = machine.wire.left(begun)
        assert any(p.destination == WORLD[0] and p.destination_port == 51820 for p in seen), "the tunnel is cut"
        assert not [p for p in seen if p.destination.startswith("198.51.100.")]
        said = machine.out("portreeve connections --json")
        assert any('"198.51.100.7:7000"' in line and '"allow"' in line for line in said.splitlines())
        assert any('"198.51.100.8:9"' in line and '"block"' in line for line in said.splitlines())
    finally:
        machine.run("wg-quick down wg0; rm /etc/portreeve/rules.d/55-wg.toml; systemctl reload portreeve-policy.service", check=False)


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
