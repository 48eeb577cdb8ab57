# SPDX-License-Identifier: GPL-3.0-or-later
"""Lists of names are made anew when somebody changes what they are made of."""
import pytest

from test_10_install import SETTINGS

SLOW = """[[rule]]
name = "nothing of that server's is answered"
action = "drop"
address = "10.9.0.99"
"""
OWN, ELSEWHERE = "/etc/portreeve/own-list.txt", "/srv/own-list.txt"


def with_list(*sources):
    return SETTINGS + f"[list.mine]\nsources = {list(sources)}\n"


def made(machine, names):
    machine.wait(f"journalctl -b -u portreeve-lists.service --no-pager -o cat | grep -q 'mine: {names} names'", 60, f"a list of {names} names")


RUNS = ("journalctl -b -u portreeve-lists.service --no-pager -o json --output-fields=_SYSTEMD_INVOCATION_ID | "
        "grep -o '_SYSTEMD_INVOCATION_ID\":\"[0-9a-f]*' | sort -u | wc -l")


def runs(machine):
    return int(machine.out(RUNS))


@pytest.fixture(scope="module", autouse=True)
def as_before(machine):
    yield
    machine.write("/etc/portreeve/portreeve.toml", SETTINGS)
    machine.run(f"rm -f {OWN} {ELSEWHERE} /etc/portreeve/rules.d/45-slow.toml; systemctl reload portreeve-policy.service; portreeve settings apply; "
                "systemctl stop portreeve-lists.service; systemctl reset-failed portreeve-lists.service", check=False)


def test_a_list_that_the_settings_name_is_made_as_soon_as_they_are_saved(machine):
    machine.write(OWN, "one.listed.test\n")
    machine.write("/etc/portreeve/portreeve.toml", with_list(OWN))
    made(machine, 1)
    machine.wait("test -s /var/lib/portreeve/lists/mine.names", 20)


def test_a_changed_list_beside_the_settings_is_made_anew(machine):
    machine.write(OWN, "one.listed.test\ntwo.listed.test\n")
    made(machine, 2)


def test_a_list_elsewhere_is_watched_once_the_settings_are_applied(machine):
    machine.write(ELSEWHERE, "one.listed.test\ntwo.listed.test\nthree.listed.test\n")
    machine.write("/etc/portreeve/portreeve.toml", with_list(ELSEWHERE))
    made(machine, 3)
    said = machine.out("portreeve settings apply")
    assert f"portreeve-lists.path.d/50-settings.conf: PathChanged={ELSEWHERE}" in said and "restart" not in said
    machine.write(ELSEWHERE, "".join(f"{n}.listed.test\n" for n in range(4)))
    made(machine, 4)


def test_a_change_while_lists_are_made_is_not_lost(machine):
    """Another list's server does not answer meanwhile."""
    machine.write("/etc/portreeve/rules.d/45-slow.toml", SLOW)
    machine.run("systemctl reload portreeve-policy.service")
    machine.write(ELSEWHERE, "".join(f"{n}.listed.test\n" for n in range(6)))
    machine.write("/etc/portreeve/portreeve.toml", with_list(ELSEWHERE) + '[list.slow]\nsources = ["https://10.9.0.99/list.txt"]\n')
    made(machine, 6)
    machine.wait("systemctl show -P ActiveState portreeve-lists.service | grep -q activating", 30)
    machine.write(ELSEWHERE, "".join(f"{n}.listed.test\n" for n in range(7)))
    made(machine, 7)


def test_changed_rules_have_no_list_made(machine):
    machine.wait("systemctl show -P ActiveState portreeve-lists.service | grep -qxE 'inactive|failed'", 60)
    before = runs(machine)
    rules = "/etc/portreeve/rules.d/50"
    machine.run(f"touch {rules}-test.toml && mv {rules}-test.toml {rules}-moved.toml && mv {rules}-moved.toml {rules}-test.toml")
    # The one change that counts is seen after those that do not.
    machine.write(ELSEWHERE, "".join(f"{n}.listed.test\n" for n in range(5)))
    made(machine, 5)
    assert runs(machine) == before + 1


def test_a_list_that_could_not_be_made_is_tried_again_until_it_can(machine):
    """As on a machine that comes up without the network. Here every two seconds and not every quarter of an hour."""
    retry = "portreeve-lists-retry.timer"
    machine.run(f"mkdir -p /run/systemd/system/{retry}.d")
    machine.write(f"/run/systemd/system/{retry}.d/soon.conf", "[Timer]\nOnActiveSec=\nOnActiveSec=2s\nRandomizedDelaySec=0\nAccuracySec=100ms\n")
    machine.run("systemctl daemon-reload")
    before = runs(machine)
    machine.write("/etc/portreeve/portreeve.toml", SETTINGS + '[list.away]\nsources = ["https://127.0.0.1:9/list.txt"]\n')
    machine.wait(f"test $({RUNS}) -ge {before + 3}", 60, "two more tries")
    machine.write("/etc/portreeve/portreeve.toml", with_list(OWN))
    machine.wait("systemctl show -P ActiveState portreeve-lists.service | grep -qx inactive", 30)
    machine.wait(f"systemctl show -P ActiveState {retry} | grep -qx inactive", 10, "no more tries")
    machine.run(f"rm -r /run/systemd/system/{retry}.d; systemctl daemon-reload")
    assert "OnActiveUSec=15min" in machine.out(f"systemctl show -P TimersMonotonic {retry}")
