# SPDX-License-Identifier: GPL-3.0-or-later
"""Sockets that several processes hold, or that went from one to another: who of them is told (docs/who.md has the rule).

Everything is tried twice: with what the kernel notes of sockets (BPF), and with the reader alone."""
import subprocess

import pytest

from harness.namespaces import end, wait_until
from harness.suite import SETTINGS, Suite

# Opens the socket, says so, and once it is told hands it over as the first word says.
OPENER = """
import os, socket, subprocess, sys
how, port, taker = sys.argv[1:]
s = socket.create_server(("127.0.0.1", int(port)))
if how == "activation":
    # As systemd, which has many, under a number of its own; the service's is its descriptor 3.
    os.dup2(s.fileno(), 20)
    s = socket.socket(fileno=20)
print("open", flush=True)
sys.stdin.readline()
if how == "activation":
    os.dup2(20, 3)
    child = subprocess.Popen([sys.executable, taker, "3"], pass_fds=[3])
    os.close(3)
elif how == "fork":
    child = None
    if os.fork() == 0:
        sys.stdin.read()
        os._exit(0)
elif how == "message":
    here, there = socket.socketpair()
    child = subprocess.Popen([sys.executable, taker, "received", str(there.fileno())], pass_fds=[there.fileno()])
    socket.send_fds(here, [b"x"], [s.fileno()])
    s.close()
print("handed over", flush=True)
sys.stdin.read()
if child:
    child.kill()
"""
TAKER = """
import socket, sys, time
if sys.argv[1] == "received":
    there = socket.socket(fileno=int(sys.argv[2]))
    _, descriptors, _, _ = socket.recv_fds(there, 1, 1)
time.sleep(600)
"""
PORTS = {"activation": 8011, "fork": 8012, "message": 8013}
GROUP_PORT = 8014
MEMBER = f"""
import socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
s.bind(("10.9.0.1", {GROUP_PORT}))
print("bound", flush=True)
sys.stdin.readline()
s.sendto(b"x", ("10.9.0.13", 7000))
sys.stdin.read()
"""


@pytest.fixture(scope="module", params=["bpf", "sock_diag"])
def suite(net, request):
    bpf = "auto" if request.param == "bpf" else "off"
    with Suite(net, settings=SETTINGS.format(default="allow") + f'\n[attributor]\nbpf = "{bpf}"\n') as running:
        for name, text in (("opener.py", OPENER), ("taker.py", TAKER)):
            (running.programs / name).write_text(text)
        yield running


def start(suite, *words):
    return suite.net.start(suite.net.machine, "/usr/bin/python3", *words, stdin=subprocess.PIPE)


def tell(process):
    process.stdin.write("\n")
    process.stdin.flush()


def open_socket(suite, how):
    opener = start(suite, suite.programs / "opener.py", how, PORTS[how], suite.programs / "taker.py")
    assert opener.stdout.readline() == "open\n"
    return opener


def who(suite, how):
    return suite.json("who", "tcp", f":{PORTS[how]}")


def holders(suite, how):
    return suite.net.inside("ss", "-Htlnp", f"sport = :{PORTS[how]}").stdout.count("pid=")


def hand_over(opener):
    tell(opener)
    assert opener.stdout.readline() == "handed over\n"


def end_all(opener):
    """Both end when there is nothing to read any more."""
    opener.stdin.close()
    opener.wait(10)


def test_a_service_that_was_handed_a_listener_is_told_in_place_of_who_started_it(suite):
    """As systemd does it (sd_listen_fds(3)); both have the socket open from then on."""
    opener = open_socket(suite, "activation")
    try:
        assert who(suite, "activation")["pid"] == opener.pid
        hand_over(opener)
        wait_until(lambda: who(suite, "activation").get("script") == str(suite.programs / "taker.py"), 5, lambda: who(suite, "activation"))
        answer = who(suite, "activation")
        assert answer["parents"][0]["pid"] == opener.pid and answer["confidence"] == "shared", answer
        assert holders(suite, "activation") == 2
    finally:
        end_all(opener)


def test_a_listener_that_a_child_inherits_stays_its_parents_and_is_said_to_be_shared(suite):
    opener = open_socket(suite, "fork")
    try:
        assert who(suite, "fork")["confidence"] == "certain"
        hand_over(opener)
        wait_until(lambda: who(suite, "fork")["confidence"] == "shared", 5, lambda: who(suite, "fork"))
        assert who(suite, "fork")["pid"] == opener.pid
        assert holders(suite, "fork") == 2
    finally:
        end_all(opener)


def test_a_socket_that_was_sent_to_another_process_is_that_ones(suite):
    """By SCM_RIGHTS (unix(7)); who sent it has closed it."""
    opener = open_socket(suite, "message")
    try:
        assert who(suite, "message")["pid"] == opener.pid
        hand_over(opener)
        wait_until(lambda: who(suite, "message").get("script") == str(suite.programs / "taker.py"), 5, lambda: who(suite, "message"))
        assert holders(suite, "message") == 1
    finally:
        end_all(opener)


def test_of_sockets_on_one_port_the_datagram_is_one_of_their_programs(suite):
    """SO_REUSEPORT: the kernel names any of the group, all of one user (socket(7))."""
    members = [start(suite, "-c", MEMBER) for _ in range(2)]
    assert all(member.stdout.readline() == "bound\n" for member in members)
    tell(members[0])

    def sent():
        return [r for r in suite.connections(protocol="udp", direction="out") if r["local"]["port"] == GROUP_PORT]

    wait_until(sent, 5, "the datagram is shown")
    assert sent()[-1]["process"]["pid"] in {member.pid for member in members}, sent()
    for member in members:
        end(member)
