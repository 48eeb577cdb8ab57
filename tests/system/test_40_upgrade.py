# SPDX-License-Identifier: GPL-3.0-or-later
"""The next version comes, and goes again, while connections are at work."""
import pytest

from harness.namespaces import HOSTS
from test_10_install import enforcing, status

OTHER, BLOCKED = HOSTS["www.other.test"][0], HOSTS["www.blocked.test"][0]
INSTALL = "DEBIAN_FRONTEND=noninteractive apt-get install -y --allow-downgrades {} >/root/upgrade.log 2>&1"


def change_version(machine, version):
    """Install it while an allowed connection talks and a forbidden program knocks; gives back what the wire saw of the latter."""
    machine.run("rm -f /run/talk.*; mkfifo /run/talk.in; chown alice /run/talk.in; systemd-run --unit=talking --uid=alice sh -c "
                f"'exec /media/files/probe tcp {OTHER} 7000 --hold --timeout 60 <>/run/talk.in >/tmp/talk.out 2>&1'")
    machine.wait("grep -q hello /tmp/talk.out", 30)
    machine.run(f"systemd-run --unit=knocking sh -c 'while :; do /media/files/probe udp {BLOCKED} 7000 --timeout 0.05; done >/dev/null'")
    begun = machine.wire.here()
    machine.run(INSTALL.format(machine.versions[version]), timeout=300)
    machine.wait("systemctl is-active portreeve.target portreeve-policy.service portreeve-interceptor.service", 90)
    enforcing(machine)
    machine.run("systemctl stop knocking")
    machine.run("echo still > /run/talk.in")
    machine.wait("test $(wc -l < /tmp/talk.out) -ge 2", 30, "the connection goes on")
    assert '"ok":true' in machine.out("tail -n 1 /tmp/talk.out")
    machine.run("systemctl stop talking; rm -f /tmp/talk.out", check=False)
    return [p for p in machine.wire.left(begun) if p.destination == BLOCKED]


@pytest.fixture(scope="module")
def rules_since(machine):
    return machine.out("systemctl show -P ActiveEnterTimestampMonotonic portreeve-rules.service")


def test_an_upgrade_loses_no_allowed_connection_and_lets_nothing_out(machine, rules_since):
    assert not change_version(machine, "later")
    assert machine.out("dpkg-query -W -f '${Version}' portreeve") == "9.0.0"


def test_settings_and_rules_are_those_of_before(machine):
    assert status(machine)["rules"]["default"] == "block"
    assert "alice may use port 7000" in machine.out("portreeve rule list")


def test_a_rollback_does_the_same(machine, rules_since):
    assert not change_version(machine, "first")
    assert machine.out("dpkg-query -W -f '${Version}' portreeve") != "9.0.0"


def test_the_rules_in_the_kernel_were_never_taken_out(machine, rules_since):
    assert machine.out("systemctl show -P ActiveEnterTimestampMonotonic portreeve-rules.service") == rules_since
