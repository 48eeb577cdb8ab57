# SPDX-License-Identifier: GPL-3.0-or-later
"""The package comes onto a machine that is at work."""
import subprocess

import pytest

from harness.namespaces import HOSTS, MACHINE, wait_until

SETTINGS = """[policy]
default = "block"
[resolver]
upstreams = ["10.9.0.53"]
"""
RULES = """
[[rule]]
name    = "curl may read www.allowed.test"
action  = "allow"
process = { path = "/usr/bin/curl" }
domain  = "www.allowed.test"
port    = 80

# Names are given to whoever may use them.
[[rule]]
name    = "these may ask for www.allowed.test"
action  = "allow"
process = { path = ["/usr/bin/dig", "/usr/lib/systemd/systemd-resolved"] }
domain  = "www.allowed.test"

[[rule]]
name   = "alice may use port 7000"
action = "allow"
user   = "alice"
port   = 7000

[[rule]]
name    = "a unit may use port 443"
action  = "allow"
process = { unit = "allowed-unit.service" }
port    = 443
"""
SEEN_FROM_OUTSIDE = """
iptables-save | sed -e 's/^# .*//' -e 's/\\[[0-9:]*\\]//'; ip6tables-save | sed -e 's/^# .*//' -e 's/\\[[0-9:]*\\]//'
nft -a list ruleset | sed 's/ # handle [0-9]*//'
conntrack -L 2>/dev/null | grep -v 'mark=0 ' | grep -c mark=
cat /etc/resolv.conf
"""
FILES = "cd / && find etc usr var/lib/systemd -xdev \\( -type f -o -type l \\) -printf '%p %m %u %g %l\\n' | sort"


@pytest.fixture(scope="session")
def before(machine):
    """What the machine was before anything of ours came."""
    machine.wait(f"ip -4 addr show eth0 | grep -q {MACHINE[0]}", 60, "DHCP")
    machine.wait("systemctl is-active ssh.service multi-user.target", 120, "the guest is up")
    machine.run("iptables -S; ip6tables -S; iptables -t nat -S; iptables -t mangle -S; nft list ruleset")
    machine.before = {"kernel": machine.out(SEEN_FROM_OUTSIDE, check=False), "files": machine.out(FILES),
                      "resolv": machine.out("cat /etc/resolv.conf")}
    return machine.before


@pytest.fixture(scope="session")
def ssh(machine, before):
    """A session that somebody works in, and how to begin another."""
    key = machine.folder / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], check=True)
    machine.write("/root/.ssh/authorized_keys", key.with_suffix(".pub").read_text())
    machine.run("chmod 700 /root/.ssh")
    options = ["-i", key, "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", "-o", "LogLevel=ERROR",
               "-o", "ConnectTimeout=60", f"root@{MACHINE[0]}"]
    machine.ssh_options = options
    session = machine.world.start(machine.world.world, "ssh", *options, "cat", stdin=subprocess.PIPE)
    machine.session = session
    assert echo(session, "before") == "before"
    return session


def echo(session, words):
    session.stdin.write(words + "\n")
    session.stdin.flush()
    return session.stdout.readline().strip()


def units(machine):
    return {line.split()[0]: line.split()[2] for line in
            machine.out("systemctl list-units --all --plain --no-legend 'portreeve*'").splitlines()}


def status(machine, who="root"):
    import json
    return json.loads(machine.run(f"runuser -u {who} -- portreeve status --json").out)


def enforcing(machine, seconds=90):
    machine.wait("portreeve status --json | grep -q '\"state\":\"enforcing\"'", seconds, "enforcing")


def test_beside_opensnitch_the_installation_is_refused_with_a_word_on_what_to_do(machine, before):
    machine.run("cp /usr/bin/sleep /tmp/opensnitchd && systemd-run --unit=rival /tmp/opensnitchd 600")
    refused = machine.run(f"dpkg -i {machine.versions['first'].split()[0]}", check=False)
    machine.run("systemctl stop rival; dpkg --purge --force-all portreeve 2>&1 | tail -1", check=False)
    assert refused.code != 0
    assert "OpenSnitch runs here" in refused.err and "stop and disable it first" in refused.err


def test_the_package_installs_without_the_network(machine, ssh):
    machine.write("/usr/local/bin/hold", "#!/bin/sh\nexec /media/files/probe tcp %s 7000 --hold --timeout 60\n" % HOSTS["www.other.test"][0])
    machine.run("chmod +x /usr/local/bin/hold; mkfifo /run/hold.in; "
                "systemd-run --unit=held sh -c 'exec /usr/local/bin/hold <>/run/hold.in >/run/hold.out 2>&1'")
    machine.wait("grep -q hello /run/hold.out", 20)
    machine.run(f"DEBIAN_FRONTEND=noninteractive apt-get install -y {machine.versions['first']} >/root/install.log 2>&1", timeout=300)


def test_afterwards_all_units_run_and_ready_means_enforcing(machine):
    machine.wait("systemctl is-active portreeve.target", 90)
    enforcing(machine)
    seen = units(machine)
    for name in ("keeper", "interceptor", "reader", "attributor", "policy", "resolver", "gateway", "gate"):
        assert seen[f"portreeve-{name}.service"] == "active", seen
        assert machine.out(f"systemctl show -P NRestarts portreeve-{name}.service") == "0"
    assert not [unit for unit, state in seen.items() if state == "failed"]
    assert machine.out("systemctl is-enabled portreeve.target") == "enabled"


def test_the_ssh_session_and_the_connection_from_before_go_on(machine, ssh):
    assert echo(ssh, "still there") == "still there"
    machine.run("echo again > /run/hold.in")
    machine.wait("test $(wc -l < /run/hold.out) -ge 2", 20)
    assert '"ok":true' in machine.out("tail -n 1 /run/hold.out")


def test_the_first_policy_lets_ssh_in_and_nothing_else_and_lets_programs_out(machine):
    machine.run("systemd-run --unit=listening nc -l -k -p 7000")
    come_in = machine.world.outside("nc", "-z", "-w", "5", MACHINE[0], "7000", check=False)
    assert come_in.returncode != 0
    assert machine.world.outside("ssh", *machine.ssh_options, "echo let in", timeout=120).stdout.strip() == "let in"
    assert "hello" in machine.out(f"/media/files/probe tcp {HOSTS['www.other.test'][0]} 443")
    machine.run("systemctl stop listening")


def test_conffiles_are_known_to_dpkg_and_good(machine):
    known = machine.out("dpkg-query -W -f '${Conffiles}' portreeve")
    assert "/etc/portreeve/portreeve.toml" in known and "/etc/portreeve/rules.d/90-first-policy.toml" in known
    assert machine.out("portreeve check").startswith("good")


def test_rules_that_are_written_are_in_force_after_a_reload(machine):
    machine.write("/etc/portreeve/rules.d/50-test.toml", RULES)
    machine.write("/etc/portreeve/portreeve.toml", SETTINGS)
    machine.run("systemctl reload portreeve-policy.service")
    assert "alice may use port 7000" in machine.out("portreeve rule list")


def test_a_reload_of_bad_rules_fails_and_the_good_ones_stay(machine):
    machine.write("/etc/portreeve/rules.d/60-bad.toml", "[[rule]]\naction = 7\n")
    assert machine.run("systemctl reload portreeve-policy.service", check=False).code != 0
    assert "alice may use port 7000" in machine.out("portreeve rule list")
    machine.run("rm /etc/portreeve/rules.d/60-bad.toml; systemctl reload portreeve-policy.service")
    wait_until(lambda: status(machine)["state"] == "enforcing", 20, lambda: status(machine))
