# SPDX-License-Identifier: GPL-3.0-or-later
"""The machine is rebooted, with a program that tries to get out from the earliest moment on."""
import pytest

from capture import TCP, UDP, needed_on_a_network
from harness.namespaces import HOSTS, MACHINE, STRAY, UPSTREAM
from test_10_install import enforcing, units

FORBIDDEN = HOSTS["www.blocked.test"]
# Before any service, with the interface set up by hand: earlier than anything real would try.
EARLY = f"""[Unit]
DefaultDependencies=no
After=systemd-remount-fs.service
StartLimitIntervalSec=0
[Service]
ExecStart=/bin/sh -c 'while :; do /media/files/probe udp {FORBIDDEN[0]} 7000 --timeout 0.05; /media/files/probe udp {FORBIDDEN[1]} 7000 --timeout 0.05; /media/files/probe tcp {FORBIDDEN[0]} 443 --timeout 0.2; sleep 0.2; done >/dev/null 2>&1'
Restart=always
RestartSec=0.1
[Install]
WantedBy=sysinit.target
"""


def permitted(packet):
    """What rules allow here: needed on any network, the resolver's questions, ssh."""
    if needed_on_a_network(packet):
        return True
    if packet.protocol in (UDP, TCP) and packet.destination in UPSTREAM and packet.destination_port == 53:
        return True
    # The network's own server is asked for one name, whichever upstreams there are: whether it translates addresses (RFC 7050).
    # In random case, as all that the resolver asks.
    if packet.protocol == UDP and packet.destination in STRAY and b"\x08ipv4only\x04arpa\x00" in packet.payload.lower():
        return True
    if packet.protocol == TCP and packet.source == MACHINE[0] and packet.source_port == 22:
        return True
    return packet.protocol == TCP and packet.destination == HOSTS["www.other.test"][0] and packet.destination_port == 7000


@pytest.fixture(scope="module")
def boot(machine):
    """The place in the recording where the reboot began."""
    machine.write("/etc/systemd/system/early-leaker.service", EARLY)
    machine.run("systemctl daemon-reload; systemctl enable early-leaker.service; systemctl start early-leaker.service")
    begun = machine.wire.here()
    machine.reboot()
    yield begun
    machine.run("systemctl disable --now early-leaker.service; rm /etc/systemd/system/early-leaker.service; systemctl daemon-reload")


def test_after_a_reboot_the_machine_is_guarded_again(machine, boot):
    machine.wait("systemctl is-active multi-user.target", 200)
    enforcing(machine, 120)
    seen = units(machine)
    assert seen["portreeve-rules.service"] == "active"
    assert not [unit for unit, state in seen.items() if state == "failed"]
    assert machine.out("systemctl is-active early-leaker.service") == "active"


def test_the_rules_were_there_before_the_network(machine, boot):
    def at(unit, what):
        return int(machine.out(f"systemctl show -P {what} {unit}"))
    assert 0 < at("portreeve-rules.service", "ActiveEnterTimestampMonotonic") <= at("systemd-networkd.service", "ExecMainStartTimestampMonotonic")


def test_from_shutdown_through_boot_nothing_left_that_no_rule_allows(machine, boot):
    assert not [str(p) for p in machine.wire.left(boot) if not permitted(p)]


def test_nothing_of_the_suite_was_restarted_while_booting(machine, boot):
    for name in ("keeper", "interceptor", "reader", "attributor", "policy", "resolver", "gateway"):
        assert machine.out(f"systemctl show -P NRestarts portreeve-{name}.service") == "0", name


def test_no_ordering_cycle_was_broken(machine, boot):
    assert machine.out("journalctl -b --no-pager | grep -ci 'ordering cycle'", check=False) == "0"
