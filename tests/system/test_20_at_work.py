# SPDX-License-Identifier: GPL-3.0-or-later
"""What the installed suite does, seen from the machine and from its wire."""
import re

import pytest

from harness.namespaces import HOSTS

from test_10_install import enforcing, status, units

ALLOWED, BLOCKED, OTHER = (HOSTS[f"www.{name}.test"][0] for name in ("allowed", "blocked", "other"))
DAEMONS = ("keeper", "interceptor", "reader", "attributor", "policy", "resolver", "gateway", "gate")
AT_MOST = {"policy": 0.5, "gateway": 0.5, "resolver": 1.3, "gate": 1.3, "reader": 1.8, "attributor": 1.8, "interceptor": 2.0, "keeper": 2.0}
PROBE = "/media/files/probe"


@pytest.fixture(scope="module", autouse=True)
def default_block(machine):
    """The settings that the first file's tests wrote, in force."""
    machine.run("systemctl restart portreeve.target", timeout=120)
    machine.wait("systemctl is-active portreeve-policy portreeve-interceptor", 60)
    enforcing(machine)


def test_the_default_of_the_settings_is_in_force_after_a_restart(machine):
    assert status(machine)["rules"]["default"] == "block"


def test_programs_are_told_apart_by_their_path(machine):
    machine.wait("curl -s -m 20 http://www.allowed.test/ --http0.9 | grep -q hello", 60)
    assert machine.run(f"curl -s -m 20 --http0.9 http://{OTHER}/", check=False).code != 0
    assert '"ok":false' in machine.run(f"{PROBE} tcp {ALLOWED} 80", check=False).out


def test_users_are_told_apart(machine):
    assert '"ok":true' in machine.out(f"runuser -u alice -- {PROBE} tcp {OTHER} 7000 --timeout 20")
    assert '"ok":false' in machine.run(f"runuser -u bob -- {PROBE} tcp {OTHER} 7000", check=False).out


def test_units_are_told_apart(machine):
    def inside(unit):
        return machine.run(f"systemd-run --quiet --wait --pipe --unit={unit} {PROBE} tcp {OTHER} 443 --timeout 20", check=False).out
    assert '"ok":true' in inside("allowed-unit.service")
    assert '"ok":false' in inside("another-unit.service")


def test_a_connection_tells_its_unit_and_user(machine):
    assert "allowed-unit.service" in machine.out("portreeve connections --json | grep allowed-unit | head -n 1")
    assert '"user":"alice"' in machine.out("portreeve connections --json | grep alice | head -n 1")


def test_root_sees_and_changes_observers_see_and_nobody_does_neither(machine):
    machine.run("usermod -a -G portreeve-observe alice; usermod -a -G portreeve-admin bob")
    assert status(machine)["state"] == "enforcing"
    assert status(machine, "alice")["state"] == "enforcing"
    add = "portreeve rule add --allow --port 9 --name nine --confirm 0"
    assert machine.run("runuser -u alice -- portreeve settings set policy.default allow", check=False).code != 0
    # What she adds is a rule of her own, which widens nothing (docs/rules.md).
    machine.run(f"runuser -u alice -- {add}")
    assert '"layer":"user"' in machine.out("portreeve rules --json | grep '\"nine\"'")
    machine.run("runuser -u alice -- portreeve rule remove nine --confirm 0")
    assert machine.run(f"runuser -u bob -- {add}").code == 0
    machine.run("runuser -u bob -- portreeve rule remove nine --confirm 0")
    assert machine.run("runuser -u nobody -- portreeve status", check=False).code != 0
    refused = machine.run("runuser -u nobody -- portreeve connections", check=False)
    assert refused.code != 0 and "portreeve-observe" in refused.err


def test_each_daemon_runs_under_its_own_account_without_what_it_does_not_need(machine):
    uids = {process["name"]: process["uid"] for process in status(machine)["processes"]}
    assert len(set(uids.values())) == len(uids) and uids["keeper"] == 0
    for process in status(machine)["processes"]:
        sandbox = process["sandbox"]
        assert sandbox["no_new_privs"] and sandbox["seccomp"], process
        expected = {"interceptor": ["cap_net_admin"], "keeper": ["cap_net_admin", "cap_net_raw"],
                    "reader": ["cap_dac_read_search", "cap_sys_ptrace"]}.get(process["name"], [])
        assert sorted(sandbox.get("capabilities", [])) == expected, process


@pytest.mark.parametrize("daemon", DAEMONS)
def test_systemd_analyze_finds_the_unit_hardened(machine, daemon):
    said = machine.run(f"systemd-analyze security --no-pager portreeve-{daemon}.service | tail -n 1", timeout=120).out
    exposure = float(re.search(r"([0-9.]+) [A-Z]+", said)[1])
    assert exposure <= AT_MOST[daemon], said


@pytest.mark.parametrize("daemon", DAEMONS)
def test_the_sandbox_proves_itself_inside_its_unit(machine, daemon):
    """The unit's own walls, and in them the program's --prove-sandbox."""
    show = machine.out(f"systemctl cat portreeve-{daemon}.service")
    keep = [line for line in show.splitlines() if "=" in line and not line.startswith("#") and line.split("=")[0] in (
        "User", "CapabilityBoundingSet", "AmbientCapabilities", "SystemCallFilter", "SystemCallErrorNumber", "RestrictAddressFamilies",
        "NoNewPrivileges", "PrivateNetwork", "ProtectSystem", "ProtectProc", "ProcSubset", "MemoryDenyWriteExecute", "ReadWritePaths",
        "PrivateDevices", "RestrictNamespaces")]
    options = " ".join(f"'-p{line}'" for line in keep)
    proof = machine.run(f"systemd-run --quiet --wait --pipe {options} /usr/lib/portreeve/portreeve-{daemon} --prove-sandbox", check=False)
    assert proof.code == 0, proof.out + proof.err


@pytest.mark.parametrize("daemon", DAEMONS)
def test_a_killed_daemon_comes_back_and_nothing_else_is_restarted(machine, daemon):
    pids = {d: machine.out(f"systemctl show -P MainPID portreeve-{d}.service") for d in DAEMONS}
    begun = machine.wire.here()
    machine.run(f"kill -9 {pids[daemon]}; {PROBE} tcp {BLOCKED} 443 --timeout 1", check=False)
    machine.wait(f"test $(systemctl show -P MainPID portreeve-{daemon}.service) != {pids[daemon]} && "
                 f"systemctl is-active portreeve-{daemon}.service", 60)
    enforcing(machine)
    for other in DAEMONS:
        if other != daemon:
            assert machine.out(f"systemctl show -P MainPID portreeve-{other}.service") == pids[other]
    machine.wait(f"runuser -u alice -- {PROBE} tcp {OTHER} 7000 --timeout 5 | grep -q '\"ok\":true'", 30)
    assert not [p for p in machine.wire.left(begun) if p.destination == BLOCKED]


def test_a_daemon_that_hangs_is_killed_by_the_watchdog(machine):
    pid = machine.out("systemctl show -P MainPID portreeve-gateway.service")
    machine.write("/run/systemd/system/portreeve-gateway.service.d/soon.conf", "[Service]\nWatchdogSec=3s\n")
    machine.run("systemctl daemon-reload; systemctl restart portreeve-gateway.service")
    pid = machine.out("systemctl show -P MainPID portreeve-gateway.service")
    machine.run(f"kill -STOP {pid}")
    machine.wait(f"test $(systemctl show -P MainPID portreeve-gateway.service) != {pid}", 60)
    assert "watchdog" in machine.out("journalctl -b -u portreeve-gateway.service --no-pager | grep -i watchdog | tail -n 3").lower()
    machine.run("rm -r /run/systemd/system/portreeve-gateway.service.d; systemctl daemon-reload; systemctl restart portreeve-gateway.service")


def test_the_page_is_served_on_817_to_this_machine_alone(machine):
    assert machine.out("runuser -u alice -- curl -s -m 20 -o /dev/null -w '%{http_code}' http://127.0.0.1:817/") in ("200", "401", "302", "303")
    assert machine.out("curl -s -m 20 -o /dev/null -w '%{http_code}' 'http://[::1]:817/'") in ("200", "401", "302", "303")
    asset = machine.out("curl -s -m 20 http://127.0.0.1:817/ | grep -o '/assets/[^\"]*[.]js' | head -n 1")
    assert machine.out(f"curl -s -m 20 -o /dev/null -w '%{{http_code}} %{{content_type}}' http://127.0.0.1:817{asset}").startswith("200 text/javascript"), asset


def test_restarting_the_target_never_opens_the_machine(machine):
    machine.run(f"systemd-run --unit=knocking sh -c 'while :; do {PROBE} udp {BLOCKED} 7000 --timeout 0.05; done >/dev/null'")
    begun = machine.wire.here()
    machine.run("systemctl restart portreeve.target", timeout=120)
    machine.wait("systemctl is-active portreeve-interceptor.service portreeve-policy.service", 60)
    enforcing(machine)
    machine.run(f"systemctl stop knocking; runuser -u alice -- {PROBE} tcp {OTHER} 7000 --timeout 20")
    assert not [p for p in machine.wire.left(begun) if p.destination == BLOCKED]
    assert machine.out("systemctl show -P ActiveEnterTimestampMonotonic portreeve-rules.service") != "0"


@pytest.mark.own_kernel
def test_while_the_clock_jumps_verdicts_go_on(machine):
    machine.run("date -s '+2 days' >/dev/null")
    assert '"ok":true' in machine.out(f"runuser -u alice -- {PROBE} tcp {OTHER} 7000 --timeout 20")
    machine.run("date -s '-2 days' >/dev/null")
    assert '"ok":true' in machine.out(f"runuser -u alice -- {PROBE} tcp {OTHER} 7000 --timeout 20")
    assert '"ok":false' in machine.run(f"runuser -u bob -- {PROBE} tcp {OTHER} 7000", check=False).out


def test_with_a_full_disk_verdicts_go_on(machine):
    machine.run("dd if=/dev/zero of=/filler bs=1M 2>/dev/null", check=False, timeout=120)
    refused = machine.run("portreeve rule add --allow --port 9 --name nine --confirm 0", check=False)
    assert '"ok":true' in machine.out(f"runuser -u alice -- {PROBE} tcp {OTHER} 7000 --timeout 20")
    machine.run("rm /filler; portreeve rule remove nine --confirm 0", check=False)
    assert refused.code != 0, "a rule that is not on the disk was said to be kept"
    enforcing(machine)


def test_without_ipv6_addresses_ipv4_is_served(machine):
    machine.run("sysctl -q -w net.ipv6.conf.lo.disable_ipv6=1; systemctl stop portreeve.target portreeve-rules.service", timeout=120)
    machine.wait("! systemctl is-active portreeve-resolver-udp6.socket", 60)
    machine.run("systemctl start portreeve.target", timeout=180)
    try:
        machine.wait("systemctl is-active portreeve-resolver.service portreeve-resolver-udp4.socket", 60)
        enforcing(machine)
        assert units(machine)["portreeve-resolver-udp6.socket"] != "active"
        assert machine.out("dig +short +time=5 www.allowed.test @127.0.0.1") == ALLOWED
    finally:
        machine.run("sysctl -q -w net.ipv6.conf.lo.disable_ipv6=0; systemctl reset-failed 'portreeve*'; systemctl restart portreeve.target", timeout=180)
        enforcing(machine)
