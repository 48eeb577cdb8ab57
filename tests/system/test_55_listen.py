# SPDX-License-Identifier: GPL-3.0-or-later
"""systemd's sockets are moved where portreeve.toml says, and off a port that another program holds."""
import pytest

from harness.namespaces import HOSTS
from test_10_install import SETTINGS, enforcing, units
from test_50_neighbours import findings

ALLOWED, BLOCKED = HOSTS["www.allowed.test"][0], HOSTS["www.blocked.test"][0]
APPLY = "portreeve settings apply"
FILES = "find /etc/systemd/system/portreeve-*.d -type f 2>/dev/null | sort"
ELSEWHERE = SETTINGS + 'listen = ["127.0.0.5:53", "[::1]:53"]\n[gateway]\nlisten = ["127.0.0.1:8017", "[::1]:817"]\n'


def asked(machine, server):
    return machine.run(f"dig +short +time=5 +tries=2 www.allowed.test @{server}", check=False).out.split()


def page(machine, place):
    return machine.run(f"curl -s -m 20 -o /dev/null -w '%{{http_code}}' http://{place}/", check=False).out


def problems(machine, subject):
    return [f["what"] + f["remedy"] for f in findings(machine) if f["severity"] == "problem" and f["subject"] == subject]


def settings(machine, text):
    machine.write("/etc/portreeve/portreeve.toml", text)


@pytest.fixture
def squatter(machine):
    """Somebody else has port 53 of 127.0.0.1 when the suite starts, and answers nothing."""
    machine.run("systemctl stop portreeve.target portreeve-rules.service", timeout=120)
    machine.run("systemd-run --unit=squatter sh -c 'nc -l -u -k 127.0.0.1 53 & exec nc -l -k 127.0.0.1 53'")
    machine.wait("test $(ss -Hlunt sport = :53 | grep -c 127.0.0.1) = 2", 20)
    machine.run("systemctl start portreeve.target", timeout=240)
    yield
    machine.run("systemctl stop squatter", check=False)


def test_as_installed_there_is_nothing_to_apply(machine):
    assert machine.out(APPLY + " --dry-run") == "nothing would change"
    assert "nothing to change" in machine.out(APPLY)
    assert machine.out(FILES) == ""


def test_a_dry_run_says_what_it_would_do_and_does_nothing(machine):
    settings(machine, ELSEWHERE)
    said = machine.out(APPLY + " --dry-run")
    assert "would be written: /etc/systemd/system/portreeve-gateway-http4.socket.d/50-settings.conf: ListenStream=127.0.0.1:8017" in said
    assert machine.out(FILES) == ""
    assert [p for p in problems(machine, "sockets") if "portreeve-gateway-http4.socket" in p and "settings apply" in p]


def test_what_was_applied_is_said_to_want_a_restart(machine):
    said = machine.out(APPLY)
    assert "portreeve-resolver-udp4.socket.d/50-settings.conf: ListenDatagram=127.0.0.5:53" in said
    assert "portreeve settings apply --restart" in said.splitlines()[-1]
    assert page(machine, "127.0.0.1:817") in ("200", "401"), "what runs is not touched"


def test_after_the_restart_the_suite_is_served_on_the_new_addresses_and_stays_closed(machine):
    machine.run(f"systemd-run --collect --unit=knocking-meanwhile sh -c 'while :; do /media/files/probe udp {BLOCKED} 7000 --timeout 0.05; done >/dev/null'")
    begun = machine.wire.here()
    said = machine.out(APPLY + " --restart", timeout=300)
    machine.run("systemctl stop knocking-meanwhile")
    assert "UDP 127.0.0.5:53" in said and "TCP 127.0.0.1:8017" in said
    enforcing(machine)
    assert not [p for p in machine.wire.left(begun) if p.destination == BLOCKED]
    assert page(machine, "127.0.0.1:8017") in ("200", "401") and page(machine, "127.0.0.1:817") == "000"
    assert page(machine, "[::1]:817") in ("200", "401")
    # Directly, and turned there by the kernel.
    for server in ("127.0.0.5", "10.9.0.54", "127.0.0.1"):
        assert asked(machine, server) == [ALLOWED], server
    assert not problems(machine, "sockets")


def test_a_second_time_there_is_nothing_to_change(machine):
    before = machine.out("systemctl show -P ActiveEnterTimestampMonotonic portreeve-resolver.service")
    assert "nothing to change" in machine.out(APPLY + " --restart")
    assert machine.out("systemctl show -P ActiveEnterTimestampMonotonic portreeve-resolver.service") == before


def test_what_somebody_else_wrote_is_refused_and_stays(machine):
    machine.run("mkdir -p /etc/systemd/system/portreeve-gateway-http6.socket.d")
    mine = "/etc/systemd/system/portreeve-gateway-http6.socket.d/override.conf"
    machine.write(mine, "[Socket]\nListenStream=[::1]:818\n")
    refused = machine.run(APPLY, check=False)
    assert refused.code == 1 and mine in refused.err
    assert "818" in machine.out(f"cat {mine}; rm -r {mine.rsplit('/', 1)[0]}")


@pytest.mark.parametrize("listen", ["localhost:53", "0.0.0.0:53", "127.0.0.1"])
def test_an_address_that_is_none_is_refused_before_anything_changes(machine, listen):
    before = machine.out(FILES)
    settings(machine, SETTINGS + f'listen = ["{listen}"]\n')
    refused = machine.run(APPLY, check=False)
    assert refused.code == 1 and listen in refused.err and "resolver.listen" in refused.err
    assert machine.out(FILES) == before


def test_back_at_the_defaults_no_file_is_left(machine):
    settings(machine, SETTINGS)
    machine.run(APPLY + " --restart", timeout=300)
    enforcing(machine)
    assert machine.out(FILES) == ""
    assert asked(machine, "127.0.0.1") == [ALLOWED]


def test_beside_a_program_on_port_53_one_command_gives_the_resolver_another_address(machine, squatter):
    # The UDP socket would be shared: systemd sets SO_REUSEADDR.
    assert units(machine)["portreeve-resolver-tcp4.socket"] == "failed"
    assert [p for p in problems(machine, "port 53") if "squatter.service" in p and "settings apply --restart" in p]
    said = machine.out(APPLY + " --restart", timeout=300)
    assert "squatter.service" in said and "127.0.0.17:53" in said
    enforcing(machine)
    for server in ("127.0.0.1", "10.9.0.54", "127.0.0.17"):
        assert asked(machine, server) == [ALLOWED], f"{server}: the one who holds the port answers nothing"
    for words in ("portreeve status", "portreeve dns upstreams"):
        assert "127.0.0.17:53" in machine.out(words) and "squatter.service" in machine.out(words)
    assert not problems(machine, "port 53")
    assert "nothing to change" in machine.out(APPLY)


def test_once_the_port_is_free_the_same_command_takes_it_back(machine):
    notes = [f["remedy"] for f in findings(machine) if f["subject"] == "sockets"]
    assert notes and "takes it back" in notes[0]
    machine.run(APPLY + " --restart", timeout=300)
    enforcing(machine)
    assert machine.out(FILES) == ""
    assert asked(machine, "127.0.0.1") == [ALLOWED]
    assert "held by" not in machine.out("portreeve status")


def test_purge_finds_a_drop_in_to_remove(machine):
    """What the last file's test of purging goes by."""
    settings(machine, SETTINGS + '[gateway]\nlisten = ["127.0.0.1:8017", "[::1]:817"]\n')
    machine.run(APPLY)
    assert len(machine.out(FILES).splitlines()) == 1
