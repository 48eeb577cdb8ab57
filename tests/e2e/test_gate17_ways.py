# SPDX-License-Identifier: GPL-3.0-or-later
"""Gate17 with the servers people have: dante for datagrams, tinyproxy for HTTP CONNECT, `ssh -D`."""
import json

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
name = "dante"
type = "socks5"
server = "{WORLD[0]}:1090"
[[gate.way]]
name = "proxy"
type = "http"
server = "{WORLD[0]}:8888"
[[gate.way]]
name = "locked-proxy"
type = "http"
server = "{WORLD[0]}:8889"
credentials = "$FOLDER/proxy"
[[gate.way]]
name = "ssh"
type = "socks5"
server = "127.0.0.1:1085"
"""


def rule(name, action, program, more=""):
    return f'[[rule]]\nname = "{name}"\naction = "{action}"\nprocess = {{ path = "{program}" }}\n{more}\n'


RULES = (rule("by dante", "gate17", "$BIN/by-dante")
         + rule("iperf3 by dante", "gate17", "/usr/bin/iperf3", 'way = "dante"')
         + rule("by proxy", "gate17", "$BIN/by-proxy", 'way = "proxy"')
         + rule("by locked proxy", "gate17", "$BIN/by-locked-proxy", 'way = "locked-proxy"')
         + rule("ssh makes the tunnel", "allow", "/usr/bin/ssh")
         + rule("by ssh", "gate17", "$BIN/by-ssh", 'way = "ssh"')
         + rule("python speaks for itself", "gate17", "/usr/bin/python3*", 'way = "dante"\nport = 7000'))


@pytest.fixture(scope="module")
def tunnel(net):
    with Tunnel(net) as made:
        made.dante("dante", WORLD[0], 1090)
        made.tinyproxy("proxy", WORLD[0], 8888)
        made.tinyproxy("locked-proxy", WORLD[0], 8889, "BasicAuth alice opensesame")
        yield made


@pytest.fixture(scope="module")
def suite(net, tunnel):
    running = Suite(net, RULES)
    (running.config / "portreeve.toml").write_text(SETTINGS.replace("$FOLDER", str(running.folder)))
    (running.folder / "proxy").write_text("alice\nopensesame\n")
    with running:
        yield running


def nothing_in_the_clear(capture, tunnel):
    clear = capture.lines(tunnel.net.machine, "eth0", "host", SERVER[0], "or", "host", SERVER[1])
    assert clear == [], clear
    assert capture.lines(tunnel.server, "eth0", "host", MACHINE[0], "or", "host", MACHINE[1]) == []


@pytest.mark.parametrize("place", [0, 1])
def test_datagrams_leave_by_the_way_of_their_rule(suite, tunnel, capture, place):
    seen = suite.probe("by-dante", "udp", SERVER[place], 7000)
    assert seen["ok"] and seen["data"] == f"hello from {SERVER[place]}:7000", seen
    connection = suite.connections(program="by-dante", protocol="udp")[-1]
    assert connection["verdict"]["mark"] == 1717 and connection["verdict"]["way"] == "dante", connection
    capture.__exit__()
    nothing_in_the_clear(capture, tunnel)
    assert capture.lines(tunnel.server, "eth0", "udp", "and", "src", "host", WORLD_INSIDE[place])


def test_datagrams_to_a_name_are_looked_up_at_the_far_end(suite, tunnel, capture):
    seen = suite.probe("by-dante", "udp", FAR_NAME, 7000, "--timeout", 10)
    assert seen["ok"] and seen["data"] == f"hello from {SERVER[0]}:7000", seen
    capture.__exit__()
    nothing_in_the_clear(capture, tunnel)
    assert capture.lines(tunnel.net.machine, "eth0", "port", "53") == []


def test_one_socket_speaks_with_several_servers(suite, tunnel):
    """The kernel gives the second flow another port on its way here; the answers come back to the one socket."""
    code = f"""
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.settimeout(3)
heard = set()
for port in (7000, 80):
    s.sendto(b"x", ("{SERVER[0]}", port))
    heard.add(s.recvfrom(100)[1])
print(sorted(heard))
"""
    suite.rules(RULES.replace('way = "dante"\nport = 7000', 'way = "dante"'))
    try:
        assert suite.net.inside("/usr/bin/python3", "-c", code).stdout.strip() == str([(SERVER[0], 80), (SERVER[0], 7000)])
    finally:
        suite.rules(RULES)


def test_a_flood_of_datagrams_is_carried(suite, tunnel):
    """iperf3: TCP for what it agrees on, UDP for what it measures."""
    tunnel.listen("iperf3", 5201, "iperf3", "-s", namespace=tunnel.server)
    done = suite.net.inside("iperf3", "-c", SERVER[0], "-u", "-b", "5M", "-l", "1200", "-t", "2", "-J", timeout=60)
    end = json.loads(done.stdout)["end"]["sum"]
    # How fast is for bench/gate17; a busy machine may lose some of them.
    assert end["packets"] > 800 and end["lost_percent"] < 60, end


@pytest.mark.parametrize("program", ["by-proxy", "by-ssh"])
def test_a_way_without_datagrams_loses_them(suite, tunnel, capture, program):
    assert not suite.probe(program, "udp", SERVER[0], 7000, "--timeout", 1)["ok"]
    capture.__exit__()
    nothing_in_the_clear(capture, tunnel)
    assert capture.lines(tunnel.server, "eth0", "udp") == []


@pytest.mark.parametrize("program", ["by-proxy", "by-locked-proxy"])
@pytest.mark.parametrize("target", [*SERVER, FAR_NAME])
def test_an_http_proxy_is_a_way(suite, tunnel, capture, program, target):
    seen = suite.probe(program, "tcp", target, 7000)
    assert seen["ok"] and seen["data"] == f"hello from {SERVER[0] if target == FAR_NAME else target}:7000", seen
    capture.__exit__()
    nothing_in_the_clear(capture, tunnel)


def test_what_a_proxy_refuses_is_no_fault_of_the_proxys(suite):
    """tinyproxy lets CONNECT go to port 7000 alone."""
    assert not suite.probe("by-proxy", "tcp", SERVER[0], 80)["ok"]
    assert ways(suite)["proxy"]["state"] == "good"


def test_ssh_dash_d_is_a_way_and_hides_what_goes_through_it(suite, tunnel, capture):
    key = tunnel.sshd("sshd", WORLD[0], 2222)
    tunnel.listen("ssh", 1085, "ssh", "-i", key, "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", "-N",
                  "-D", "127.0.0.1:1085", "-p", "2222", f"root@{WORLD[0]}", namespace=tunnel.net.machine)
    for target in (*SERVER, FAR_NAME):
        seen = suite.probe("by-ssh", "tcp", target, 7000)
        assert seen["ok"] and "hello from 10.8.0.7:7000" in seen["data"] or "fd08::7" in seen["data"], seen
    tunnel.end("ssh")
    assert not suite.probe("by-ssh", "tcp", SERVER[0], 7000)["ok"]
    capture.__exit__()
    nothing_in_the_clear(capture, tunnel)
    assert b"hello from" not in capture.bytes(tunnel.net.machine, "eth0")
    assert b"hello from" in capture.bytes(tunnel.server, "eth0"), "the capture sees nothing"


ASSOCIATE = """
import socket, struct, sys
entry, host, port = sys.argv[1], sys.argv[2], int(sys.argv[3])
control = socket.create_connection((entry, 717), 3)
control.sendall(b"\\5\\1\\0"); assert control.recv(2) == b"\\5\\0"
control.sendall(b"\\5\\3\\0\\1\\0\\0\\0\\0\\0\\0")
answer = control.recv(64); assert answer[1] == 0, answer
family = socket.AF_INET6 if answer[3] == 4 else socket.AF_INET
size = 16 if answer[3] == 4 else 4
relay = (socket.inet_ntop(family, answer[4:4 + size]), struct.unpack("!H", answer[4 + size:6 + size])[0])
s = socket.socket(family, socket.SOCK_DGRAM); s.settimeout(2)
s.sendto(b"\\0\\0\\0\\3" + bytes([len(host)]) + host.encode() + struct.pack("!H", port) + b"ping", relay)
try: print(s.recv(200)[10:].decode().strip())
except TimeoutError: print("silence")
control.close()
"""


@pytest.mark.parametrize("entry", ["127.0.0.1", "::1"])
@pytest.mark.parametrize("host", [SERVER[0], FAR_NAME])
def test_a_program_may_send_datagrams_by_the_entrypoint_itself(suite, entry, host):
    said = suite.net.inside("/usr/bin/python3", "-c", ASSOCIATE, entry, host, 7000).stdout.strip()
    assert said == f"hello from {SERVER[0]}:7000"


def test_datagrams_by_the_entrypoint_are_judged_one_by_one(suite, tunnel, capture):
    """The rule is for port 7000."""
    assert suite.net.inside("/usr/bin/python3", "-c", ASSOCIATE, "127.0.0.1", SERVER[0], 80).stdout.strip() == "silence"
    capture.__exit__()
    assert capture.lines(tunnel.server, "eth0", "udp") == []


def test_other_protocols_never_leave(suite, tunnel, capture):
    suite.rules(RULES + rule("ping by Gate17", "gate17", "/usr/bin/ping"))
    try:
        assert suite.net.inside("ping", "-c1", "-W1", SERVER[0], check=False).returncode != 0
        assert suite.net.inside("ping", "-6", "-c1", "-W1", SERVER[1], check=False).returncode != 0
    finally:
        suite.rules(RULES)
    capture.__exit__()
    nothing_in_the_clear(capture, tunnel)


def test_a_way_is_tried_by_hand(suite):
    assert "dante works" in suite.command("gate", "test", "dante").stdout
    assert "proxy works" in suite.command("gate", "test", "proxy", f"{FAR_NAME}:7000").stdout
    done = suite.command("gate", "test", "dante", f"{SERVER[0]}:1", check=False)
    assert done.returncode == 1 and "refused" in done.stderr, done
    assert suite.command("gate", "test", "nobody", check=False).returncode == 1


def test_datagrams_wait_for_nobody_when_the_way_comes_back(suite, tunnel):
    tunnel.end("dante")
    assert not suite.probe("by-dante", "udp", SERVER[0], 7000, "--timeout", 1)["ok"]
    tunnel.dante("dante", WORLD[0], 1090)
    wait_until(lambda: suite.probe("by-dante", "udp", SERVER[0], 7000, "--timeout", 1)["ok"], 20, "dante carries again")
