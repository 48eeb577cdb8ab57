# SPDX-License-Identifier: GPL-3.0-or-later
"""Gate17 with whoever does not keep to what was agreed: readers who do not read, nodes and clients with the right key who talk nonsense."""
import pytest

from harness.namespaces import UPSTREAM, WORLD, run
from harness.node import Node, keygen
from harness.suite import Suite
from harness.tunnel import SERVER, Tunnel

FLOOD = 48 << 20  # more than all buffers and windows on the way hold

SETTINGS = """
[policy]
default = "block"
[resolver]
upstreams = ["{upstream}"]
[[gate.way]]
name = "near"
type = "gate17"
server = "{world}:17"
key = "{near}"
own_key = "{folder}/own.key"
[[gate.way]]
name = "socks"
type = "socks5"
server = "{world}:1080"
[[gate.way]]
name = "liar"
type = "gate17"
server = "{world}:1717"
key = "{liar}"
own_key = "{folder}/own.key"
"""
RULES = """
[[rule]]
name = "by liar"
action = "gate17"
process = { path = "$BIN/liar" }
way = "liar"
[[rule]]
name = "by socks"
action = "gate17"
process = { path = "/usr/bin/python3*" }
port = 7200
way = "socks"
[[rule]]
name = "by near"
action = "gate17"
process = { path = ["$BIN/near", "/usr/bin/python3*"] }
way = "near"
"""


@pytest.fixture(scope="module")
def tunnel(net):
    with Tunnel(net) as made:
        made.own = keygen(made.folder / "own.key")
        made.near = Node(made, "near", net.world, WORLD[0], made.own)
        made.microsocks("socks", WORLD[0], 1080)
        made.liar = keygen(made.folder / "liar.key")
        for name in ("own", "liar"):
            run("openssl", "req", "-x509", "-key", made.folder / f"{name}.key", "-subj", "/CN=gate17", "-out", made.folder / f"{name}.crt")
        yield made


@pytest.fixture(scope="module")
def suite(net, tunnel):
    with Suite(net, RULES, settings=SETTINGS.format(upstream=UPSTREAM[0], world=WORLD[0], folder=tunnel.folder, near=tunnel.near.key,
                                                    liar=tunnel.liar)) as running:
        yield running


@pytest.mark.parametrize("way, port", [("near", 7100), ("socks", 7200)])
def test_a_program_that_does_not_read_holds_up_itself_alone(suite, tunnel, way, port):
    """And much is carried whole, out as well as in."""
    echo = f"""
import socket, threading
def serve(peer):
    peer.sendall(bytes({FLOOD}))
    heard = 0
    while heard < {FLOOD}: heard += len(peer.recv(1 << 20))
    peer.sendall(str(heard).encode()); peer.close()
listener = socket.create_server(({SERVER[0]!r}, {port}))
while True: threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()
"""
    tunnel.listen(f"flood {port}", port, "/usr/bin/python3", "-c", echo, namespace=tunnel.server)
    code = f"""
import socket
slow = socket.create_connection(({SERVER[0]!r}, {port}), 10)
assert slow.recv(1)
for _ in range(3):
    quick = socket.create_connection(({SERVER[0]!r}, 7000), 10)
    assert quick.recv(100).startswith(b"hello"), "the others wait"
got = 1
while got < {FLOOD}: got += len(slow.recv(1 << 20))
slow.sendall(bytes({FLOOD}))
print(got, slow.recv(100).decode())
"""
    assert suite.net.inside("/usr/bin/python3", "-c", code, timeout=90).stdout.split() == [str(FLOOD), str(FLOOD)]
    assert next(c for c in suite.connections() if c["remote"]["port"] == port)["verdict"]["way"] == way


NONSENSE = {
    "zeroes": "bytes(1 << 20)",
    "random": "os.urandom(1 << 20)",
    "a message that says it is huge": r"b'\x00\x00\x00\x00\xff\xff\xff\x7f' + os.urandom(1 << 20)",
    "a message of very many segments": r"b'\xff\xff\xff\xff' + os.urandom(1 << 20)",
}


def tls(tunnel, side, name):
    """Python that speaks the node's TLS with that key."""
    return f"""
import os, socket, ssl
context = ssl.SSLContext(ssl.PROTOCOL_TLS_{side}); context.check_hostname = False; context.verify_mode = ssl.CERT_NONE
context.minimum_version = ssl.TLSVersion.TLSv1_3; context.set_alpn_protocols(["gate17/1"])
context.load_cert_chain("{tunnel.folder}/{name}.crt", "{tunnel.folder}/{name}.key")
"""


@pytest.mark.parametrize("nonsense", NONSENSE)
def test_a_node_that_talks_nonsense_carries_nothing_and_harms_no_other_way(suite, tunnel, nonsense):
    held = suite.hold("near", "tcp", SERVER[0], 7000)
    assert held.first["ok"]
    gate = suite.pid("gate")
    tunnel.listen("liar", 1717, "/usr/bin/python3", "-c", tls(tunnel, "SERVER", "liar") + f"""
listener = socket.create_server(({WORLD[0]!r}, 1717))
while True:
    try:
        with context.wrap_socket(listener.accept()[0], server_side=True) as peer:
            peer.sendall({NONSENSE[nonsense]})
            while peer.recv(1000): pass
    except OSError: pass
""")
    try:
        assert not suite.probe("liar", "tcp", SERVER[0], 7000)["ok"]
        done = suite.command("gate", "test", "liar", check=False, timeout=60)
        assert done.returncode == 1 and "TLS" not in done.stderr, done  # the key was the right one
    finally:
        tunnel.end("liar")
    assert suite.pid("gate") == gate and held.say()["ok"]
    held.close()


@pytest.mark.parametrize("nonsense", NONSENSE)
def test_a_client_that_talks_nonsense_ends_its_own_connection_alone(suite, tunnel, nonsense):
    held = suite.hold("near", "tcp", SERVER[0], 7000)
    assert held.first["ok"]
    suite.net.outside("/usr/bin/python3", "-c", tls(tunnel, "CLIENT", "own") + f"""
peer = context.wrap_socket(socket.create_connection(({WORLD[0]!r}, 17), 10))
try:
    peer.sendall({NONSENSE[nonsense]})
    peer.shutdown(socket.SHUT_WR)
    while peer.recv(1000): pass
except ssl.SSLError as e: assert "alert" not in str(e).lower(), e  # it was let in
except OSError: pass
""", timeout=60)
    assert tunnel.near.process.poll() is None and held.say()["ok"]
    assert suite.probe("near", "tcp", SERVER[0], 7000)["ok"]
    held.close()
