# SPDX-License-Identifier: GPL-3.0-or-later
"""Down, removed, purged, and switched off."""
import difflib

from harness.namespaces import HOSTS
from test_10_install import FILES, SEEN_FROM_OUTSIDE, enforcing

OTHER = HOSTS["www.other.test"][0]


def kernel(machine):
    return machine.out(SEEN_FROM_OUTSIDE, check=False)


def differences(before, after):
    return [line for line in difflib.unified_diff(before.splitlines(), after.splitlines(), "before", "after", lineterm="", n=0)
            if line[:1] in "+-" and line[:3] not in ("+++", "---")]


def test_down_takes_everything_out_also_where_systemd_runs_it(machine):
    machine.run("portreeve down", timeout=150)
    assert machine.out("systemctl is-active portreeve.target", check=False) == "inactive"
    assert differences(machine.before["kernel"], kernel(machine)) == []
    machine.run("systemctl start portreeve.target", timeout=150)
    enforcing(machine)


def test_stopping_the_target_takes_the_rules_out(machine):
    machine.run("systemctl stop portreeve.target", timeout=120)
    machine.wait("test $(systemctl is-active portreeve-rules.service) = inactive", 60)
    assert differences(machine.before["kernel"], kernel(machine)) == []
    machine.run("systemctl start portreeve.target", timeout=150)
    enforcing(machine)


def test_remove_leaves_the_kernel_and_resolv_conf_as_they_were(machine):
    machine.run("DEBIAN_FRONTEND=noninteractive apt-get remove -y portreeve >/root/remove.log 2>&1", timeout=200)
    assert differences(machine.before["kernel"], kernel(machine)) == []
    assert '"ok":true' in machine.out(f"/media/files/probe tcp {OTHER} 443 --timeout 20")
    assert machine.out("systemctl list-units --all --plain --no-legend 'portreeve*' | grep -v not-found", check=False) == ""
    assert machine.out("ls /run/portreeve", check=False) == ""


def test_purge_leaves_no_file_but_what_somebody_wrote(machine):
    machine.run("DEBIAN_FRONTEND=noninteractive apt-get purge -y portreeve portreeve-ui portreeve-notify >/root/purge.log 2>&1", timeout=200)
    lines = differences(machine.before["files"], machine.out(FILES))
    ours = [line for line in lines if "portreeve" in line.split(" ")[0]]
    # The rules that the test wrote are not the package's to remove.
    assert ours == ["+etc/portreeve/rules.d/50-test.toml 644 root root "] or ours == ["+etc/portreeve/rules.d/50-test.toml 644 root root"], ours
    assert machine.out("ls /var/lib/portreeve 2>&1", check=False).endswith("No such file or directory")


def test_the_machine_goes_down_cleanly(machine):
    machine.power_off()
    assert machine.process.returncode == 0
