# SPDX-License-Identifier: GPL-3.0-or-later
"""Gate17: what a rule turns there leaves through a way, and by nothing else.

Three machines: the guarded one, the world with its SOCKS5 servers, and a server behind it."""
import json
import re
import signal

import pytest

from harness.namespaces import MACHINE, UPSTREAM, WORLD, run, wait_until
from harness.suite import Suite
from harness.tunnel import FAR_NAME, SERVER, WORLD_INSIDE, Tunnel, ways

SETTINGS = f"""
[policy]
default = "block"
[resolver]
upstreams = ["{UPSTREAM[0]}"]
[[gate.way]]
name = "home"
type = "socks5"
server = "{WORLD[0]}:1080"
[[gate.way]]
name = "six"
type = "socks5"
server = "[{WORLD[1]}]:1086"
[[gate.way]]
name = "locked"
type = "socks5"
server = "{WORLD[0]}:1081"
credentials = "$FOLDER/locked"
[[gate.way]]
name = "wrong"
type = "socks5"
server = "{WORLD[0]}:1081"
credentials = "$FOLDER/wrong"
[[gate.way]]
name = "nobody"
type = "socks5"
server = "{WORLD[0]}:1"
[profile.road]
"""


def rule(name, action, program, more=""):
    return f'[[rule]]\nname = "{name}"\naction = "{action}"\nprocess = {{ path = "{program}" }}\n{more}\n'


RULES = (rule("tunnelled by home", "gate17", "$BIN/tunnelled")
         + rule("by six", "gate17", "$BIN/by-six", 'way = "six"')
         + rule("by locked", "gate17", "$BIN/by-locked", 'way = "locked"')
         + rule("by wrong", "gate17", "$BIN/by-wrong", 'way = "wrong"')
         + rule("by nobody", "gate17", "$BIN/by-nobody", 'way = "nobody"')
         + rule("by nobody, else home", "gate17", "$BIN/by-either", 'way = ["nobody", "home"]')
         + rule("on the road by six", "gate17", "$BIN/travelling", 'profile = "road"\nway = "six"')
         + rule("else by home", "gate17", "$BIN/travelling", 'way = "home"')
         + rule("plain", "allow", "$BIN/plain")
         + rule("curl may the server", "gate17", "/usr/bin/curl", f'port = 80\naddress = ["{SERVER[0]}", "{SERVER[1]}"]')
         + rule("curl may the name", "gate17", "/usr/bin/curl", f'port = 80\ndomain = "{FAR_NAME}"'))


@pytest.fixture(scope="module")
def tunnel(net):
    with Tunnel(net) as made:
        made.microsocks("home", WORLD[0], 1080)
        made.microsocks("six", WORLD[1], 1086)
        made.microsocks("locked", WORLD[0], 1081, "-u", "alice", "-P", "open sesame")
        yield made


@pytest.fixture(scope="module")
def suite(net, tunnel):
    running = Suite(net, RULES)
    settings = SETTINGS.replace("$FOLDER", str(running.folder))
    (running.config / "portreeve.toml").write_text(settings)
    for name, password in (("locked", "open sesame"), ("wrong", "open barley")):
        secret = running.folder / name
        secret.write_text(f"alice\n{password}\n")
        secret.chmod(0o600)
    with running:
        yield running


def nothing_in_the_clear(capture, tunnel):
    """No packet of the machine's own names the server; what the server saw came from the world."""
    clear = capture.lines(tunnel.net.machine, "eth0", "host", SERVER[0], "or", "host", SERVER[1])
    assert clear == [], clear
    assert capture.lines(tunnel.server, "eth0", "host", MACHINE[0], "or", "host", MACHINE[1]) == []


@pytest.mark.parametrize("target", SERVER)
@pytest.mark.parametrize("program, way", [("tunnelled", "home"), ("by-six", "six"), ("by-locked", "locked")])
def test_a_connection_leaves_by_the_way_of_its_rule_and_by_no_other(suite, tunnel, capture, program, way, target):
    seen = suite.probe(program, "tcp", target, 7000)
    assert seen["ok"] and seen["data"] == f"hello from {target}:7000", seen
    connection = suite.connections(program=program)[-1]
    assert connection["verdict"]["mark"] == 1717 and connection["verdict"]["way"] == way, connection
    assert suite.mark_of(target, 7000) == 1717
    capture.__exit__()
    nothing_in_the_clear(capture, tunnel)
    arrived = capture.lines(tunnel.server, "eth0", "dst", "host", target, "and", "tcp")
    assert arrived and all(f" {WORLD_INSIDE[':' in target]}." in line for line in arrived), arrived
    port = {"home": 1080, "six": 1086, "locked": 1081}[way]
    assert capture.lines(tunnel.net.machine, "eth0", "tcp", "port", str(port)), "the way was not used"


def test_a_name_is_looked_up_at_the_far_end(suite, tunnel, capture):
    """Here it is an address of the world's; what answers is the server, whose address only the world knows it by."""
    seen = suite.probe("tunnelled", "tcp", FAR_NAME, 7000)
    assert seen["ok"] and seen["data"] == f"hello from {SERVER[0]}:7000", seen
    connection = suite.connections(program="tunnelled")[-1]
    assert connection["domain"] == FAR_NAME and connection["remote"]["address"].startswith(("198.18.", "198.19.")), connection
    capture.__exit__()
    nothing_in_the_clear(capture, tunnel)
    assert capture.lines(tunnel.net.machine, "eth0", "port", "53") == [], "somebody on this side was asked for the name"


def test_a_stand_in_for_a_name_leads_nowhere_without_it(suite, tunnel, capture):
    """An address of 198.18.0.0/15 that this program was not given."""
    assert not suite.probe("tunnelled", "tcp", "198.18.7.7", 7000)["ok"]
    capture.__exit__()
    assert capture.lines(tunnel.net.machine, "eth0", "host", "198.18.7.7", "or", "port", "1080") == []


@pytest.mark.parametrize("kind, answered", [("AAAA", "NOERROR"), ("HTTPS", "NOERROR"), ("MX", "REFUSED"), ("TXT", "REFUSED")])
def test_of_a_name_that_goes_far_away_nothing_else_is_asked_for(suite, tunnel, capture, kind, answered):
    suite.rules(RULES + rule("dig far away", "gate17", "/usr/bin/dig"))
    try:
        done = suite.net.inside("dig", "+tries=1", "+time=2", kind, "www.allowed.test", check=False)
        assert f"status: {answered}" in done.stdout and "ANSWER: 0" in done.stdout, done.stdout
    finally:
        suite.rules(RULES)
    capture.__exit__()
    assert capture.lines(tunnel.net.machine, "eth0", "port", "53") == []


@pytest.mark.parametrize("program, why", [("by-nobody", "refused"), ("by-wrong", "user and password")])
@pytest.mark.parametrize("target", SERVER)
def test_what_would_go_by_a_way_that_fails_is_blocked(suite, tunnel, capture, program, why, target):
    seen = suite.probe(program, "tcp", target, 7000)
    assert not seen["ok"], seen
    way = ways(suite)[program.removeprefix("by-")]
    assert way["state"] == "failing" and why in way["reason"], way
    assert suite.status()["state"] == "degraded"
    capture.__exit__()
    nothing_in_the_clear(capture, tunnel)
    assert capture.lines(tunnel.server, "eth0", "tcp") == []


def test_a_password_is_never_shown(suite):
    suite.probe("by-wrong", "tcp", SERVER[0], 7000)
    assert "barley" not in suite.output() + suite.command("gate", "status", "--json").stdout + json.dumps(suite.status())


def test_where_one_way_fails_the_next_of_the_rule_is_taken(suite, tunnel):
    seen = suite.probe("by-either", "tcp", SERVER[0], 7000)
    assert seen["ok"], seen
    assert suite.connections(program="by-either")[-1]["verdict"]["way"] == "home"


def test_a_way_that_dies_blocks_and_one_that_comes_back_carries_again(suite, tunnel, capture):
    held = suite.hold("tunnelled", "tcp", SERVER[0], 7000)
    assert held.first["ok"]
    tunnel.end("home")
    assert not held.say()["ok"], "the connection outlived its way"
    assert not suite.probe("tunnelled", "tcp", SERVER[0], 7000)["ok"]
    wait_until(lambda: ways(suite)["home"]["state"] == "failing", 10, lambda: ways(suite))
    tunnel.microsocks("home", WORLD[0], 1080)
    wait_until(lambda: ways(suite)["home"]["state"] == "good", 20, lambda: ways(suite))
    assert suite.probe("tunnelled", "tcp", SERVER[0], 7000)["ok"]
    capture.__exit__()
    nothing_in_the_clear(capture, tunnel)


def test_an_open_connection_ends_when_its_rule_names_another_way(suite):
    held = suite.hold("tunnelled", "tcp", SERVER[0], 7000)
    assert held.first["ok"] and held.say()["ok"]
    suite.rules(RULES.replace('$BIN/tunnelled" }\n', '$BIN/tunnelled" }\nway = "six"'))
    try:
        assert not held.say()["ok"]
        assert suite.probe("tunnelled", "tcp", SERVER[0], 7000)["ok"]
        assert suite.connections(program="tunnelled")[-1]["verdict"]["way"] == "six"
    finally:
        suite.rules(RULES)


@pytest.mark.parametrize("protocol", ["tcp", "udp"])
@pytest.mark.parametrize("place", [0, 1])
def test_an_open_connection_that_a_rule_turns_to_gate17_ends_and_says_nothing_more_in_the_clear(suite, tunnel, capture, protocol, place):
    """What it says after the rule is in force is on no wire; what it said before is."""
    held = suite.hold("plain", protocol, WORLD[place], 7000)
    assert held.first["ok"] and held.say("before-the-rule")["ok"]
    suite.rules(RULES.replace('"plain"\naction = "allow"', '"plain"\naction = "gate17"'))
    try:
        said = held.say("after-the-rule")
        assert protocol == "udp" or not said["ok"], said
        assert suite.probe("plain", protocol, WORLD[place], 7000, "--timeout", 2)["ok"] == (protocol == "tcp")  # microsocks: no datagrams
    finally:
        suite.rules(RULES)
        held.close()
    capture.__exit__()
    clear = capture.bytes(tunnel.net.machine, "eth0")
    assert b"before-the-rule" in clear and b"after-the-rule" not in clear
    late = capture.lines(tunnel.net.machine, "eth0", protocol, "and", "dst", "host", WORLD[place], "and", "dst", "port", "7000", "and",
                         "src", "host", MACHINE[place])
    assert not [line for line in late if "[S]" in line][1:], late


def test_another_profile_sends_by_another_way(suite):
    held = suite.hold("travelling", "tcp", SERVER[0], 7000)
    assert held.first["ok"] and suite.connections(program="travelling")[-1]["verdict"]["way"] == "home"
    suite.command("profile", "use", "road")
    try:
        assert not held.say()["ok"], "the connection outlived the profile it was opened under"
        assert suite.probe("travelling", "tcp", SERVER[0], 7000)["ok"]
        assert suite.connections(program="travelling")[-1]["verdict"]["way"] == "six"
    finally:
        suite.command("profile", "use", "auto")


def test_open_connections_outlive_policy_and_new_ones_wait_for_it(suite):
    held = suite.hold("tunnelled", "tcp", SERVER[0], 7000)
    assert held.first["ok"]
    suite.kill("policy")
    assert held.say()["ok"], "the connection ended with policy"
    wait_until(lambda: suite.status()["rules"]["count"] > 0 and suite.probe("plain", "tcp", WORLD[0], 7000)["ok"], 15, suite.output)
    assert suite.probe("tunnelled", "tcp", SERVER[0], 7000)["ok"]
    held.close()


def test_a_gate_that_dies_opens_nothing_and_comes_back(suite, tunnel, capture):
    pid = suite.kill("gate", signal.SIGSTOP)
    try:
        assert not suite.probe("tunnelled", "tcp", SERVER[0], 7000, "--timeout", 1)["ok"]
    finally:
        run("kill", "-KILL", pid)
    wait_until(lambda: suite.probe("tunnelled", "tcp", SERVER[0], 7000)["ok"], 15, "the gate carries again")
    capture.__exit__()
    nothing_in_the_clear(capture, tunnel)


def curl(suite, entry, url):
    return run("ip", "netns", "exec", suite.net.machine, "curl", "-sS", "--http0.9", "-m", "2", "--socks5-hostname", entry, url,
               check=False)


@pytest.mark.parametrize("entry", ["127.0.0.1:717", "[::1]:717"])
@pytest.mark.parametrize("host, address", [(SERVER[0], SERVER[0]), (f"[{SERVER[1]}]", SERVER[1]), (FAR_NAME, SERVER[0])])
def test_a_program_may_speak_to_the_entrypoint_itself(suite, entry, host, address):
    assert f"hello from {address}:80" in curl(suite, entry, f"http://{host}/").stdout


@pytest.mark.parametrize("url", [f"http://{SERVER[0]}:7000/", "http://www.blocked.test/", "http://10.9.0.13/"])
def test_the_entrypoint_is_no_way_around_the_rules(suite, tunnel, capture, url):
    """The loopback connection to port 717 is allowed; what is asked for there is judged as if it were made directly."""
    done = curl(suite, "127.0.0.1:717", url)
    assert done.returncode == 97 and "(2)" in done.stderr, done  # RFC 1928: not allowed by ruleset
    assert done.stdout == ""
    capture.__exit__()
    assert capture.lines(tunnel.net.machine, "eth0", "port", "1080") == []


def test_a_stranger_at_the_transparent_port_gets_nothing(suite):
    """127.0.0.17:1117 takes what the kernel turns there; whoever comes by himself is sent away."""
    code = "import socket\ntry: print(socket.create_connection(('127.0.0.17', 1117), 3).recv(10))\nexcept ConnectionResetError: print('reset')"
    assert suite.net.inside("/usr/bin/python3", "-c", code).stdout.strip() in ("reset", "b''")


def test_check_refuses_a_way_that_is_not_there_and_says_which_was_meant(suite):
    suite.write_rules(RULES + rule("typo", "gate17", "/bin/x", 'way = "hoem"'), "60-typo.toml")
    try:
        done = suite.command("check", check=False)
        assert done.returncode == 1
        assert re.search(r'60-typo\.toml:\d+:7: unknown way "hoem"; did you mean "home"\?', done.stdout + done.stderr), done
    finally:
        (suite.config / "rules.d" / "60-typo.toml").unlink()
        suite.command("rule", "reload", check=False)


def test_the_gate_says_what_went_by_each_way(suite):
    before = ways(suite)["home"]
    held = suite.hold("tunnelled", "tcp", SERVER[0], 7000)
    for _ in range(25):
        assert held.say("x" * 200)["ok"]
    wait_until(lambda: ways(suite)["home"]["streams"] == before["streams"] + 1, 5, lambda: ways(suite))
    now = ways(suite)["home"]
    assert now["state"] == "good" and now["latency"] > 0 and now["opened"] == before["opened"] + 1
    assert now["bytes_out"] >= before["bytes_out"] + 5000 and now["bytes_in"] >= before["bytes_in"] + 5000
    held.close()
    wait_until(lambda: ways(suite)["home"]["streams"] == before["streams"], 5, lambda: ways(suite))
    assert "home" in suite.command("gate", "status").stdout
