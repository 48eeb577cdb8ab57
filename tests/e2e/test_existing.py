# SPDX-License-Identifier: GPL-3.0-or-later
"""Sessions that exist when the suite starts go on, also where no rule would allow them."""
import subprocess

from harness.namespaces import HOSTS, NOWHERE, STRAY
from harness.suite import Suite

SERVER = """
import socket
s = socket.socket(); s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind(("10.9.0.1", 2222)); s.listen(1); print("ready", flush=True)
c, _ = s.accept()
import sys
for line in sys.stdin:  # the server speaks first after the start, as sshd may
    c.sendall(b"news\\n"); print(c.recv(100).decode().strip(), flush=True)
"""


def test_sessions_in_both_directions_go_on_and_new_ones_are_judged(net):
    with_helper = Suite(net, "", "block")
    server = subprocess.Popen(["ip", "netns", "exec", net.machine, "/usr/bin/python3", "-c", SERVER],
                              stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    net.processes.append(server)
    assert server.stdout.readline().strip() == "ready"
    visitor = subprocess.Popen(["ip", "netns", "exec", net.world, "nc", "10.9.0.1", "2222"],
                               stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    net.processes.append(visitor)
    outgoing = with_helper.hold("app", "tcp", "10.9.0.13", 7000)
    assert outgoing.say()["ok"]
    with with_helper as suite:
        assert outgoing.say()["ok"]
        server.stdin.write("\n")
        server.stdin.flush()
        assert visitor.stdout.readline().strip() == "news"
        visitor.stdin.write("thanks\n")
        visitor.stdin.flush()
        assert server.stdout.readline().strip() == "thanks"
        row = [r for r in suite.connections() if r["local"]["port"] == 2222][-1]
        assert row["direction"] == "in", "the server spoke first: its direction is told by who listens"
        assert not suite.probe("app", "tcp", "10.9.0.13", 7000)["ok"]
    outgoing.close()


def test_udp_sockets_that_were_open_before_are_turned_too(net):
    """A socket and conntrack entry older than the suite: its next query is answered by us (pitfall A5)."""
    asker = """
import socket, sys
sys.stdout.reconfigure(line_buffering=True)
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.connect((sys.argv[1], 53)); s.settimeout(2)
query = bytes.fromhex("123401000001000000000000") + b"\\x03www\\x07allowed\\x04test\\x00\\x00\\x01\\x00\\x01"
while sys.stdin.readline():
    for attempt in range(3):
        s.send(query)
        try:
            print(socket.inet_ntoa(s.recv(512)[-4:])); break
        except OSError as e:
            if attempt == 2: print(e)
"""
    net.inside("iptables", "-A", "OUTPUT", "-m", "conntrack", "--ctstate", "NEW")  # conntrack is in use before
    process = subprocess.Popen(["ip", "netns", "exec", net.machine, "/usr/bin/python3", "-c", asker, STRAY[0]],
                               stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    net.processes.append(process)

    def ask():
        process.stdin.write("\n")
        process.stdin.flush()
        return process.stdout.readline().strip()

    try:
        assert ask() == NOWHERE[0]
        with Suite(net, default="allow") as suite:
            assert ask() == HOSTS["www.allowed.test"][0]
    finally:
        process.kill()
        net.inside("iptables", "-D", "OUTPUT", "-m", "conntrack", "--ctstate", "NEW")
