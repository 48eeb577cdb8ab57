# SPDX-License-Identifier: GPL-3.0-or-later
"""The attributor names the right process, and says how it knows."""
import os
import shutil
import subprocess

import pytest

from harness.namespaces import wait_until

DEFAULT = "allow"

MAPPED = """
import socket, sys
s = socket.socket(socket.AF_INET6, socket.{kind})
s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
s.settimeout(3)
s.connect(("::ffff:10.9.0.13", 7000))
s.send(b"x")
s.recv(100)
"""


def test_path_command_line_user_and_parents_are_those_of_the_program(suite):
    assert suite.probe("worker", "tcp", "10.9.0.13", 7000, user=65534)["ok"]
    process = suite.connections(program="worker")[-1]["process"]
    assert process["path"] == str(suite.programs / "worker")
    assert process["cmdline"] == f"{suite.programs}/worker tcp 10.9.0.13 7000"
    assert process["user"] == "nobody" and process["uid"] == 65534
    assert process["kind"] == "program" and process["confidence"] == "certain"
    assert process["method"] == "sock_diag", process
    assert any("python3" in p["path"] for p in process["parents"]), process["parents"]


@pytest.mark.parametrize("kind", ["SOCK_STREAM", "SOCK_DGRAM"])
def test_an_ipv6_socket_that_talks_to_a_mapped_address_is_found(suite, kind):
    suite.net.inside("/usr/bin/python3", "-c", MAPPED.format(kind=kind))
    row = suite.connections(protocol="tcp" if kind == "SOCK_STREAM" else "udp")[-1]
    assert "/python3" in row["process"]["path"] and row["remote"]["address"] == "10.9.0.13", row


@pytest.mark.parametrize("mode", [[], ["--unconnected"]])
@pytest.mark.parametrize("target", ["10.9.0.13", "fd09::13"])
def test_udp_is_attributed_connected_or_not(suite, mode, target):
    assert suite.probe("talker", "udp", target, 7000, *mode)["ok"]
    assert suite.connections(program="talker")[-1]["process"]["uid"] == 0


def test_a_hundred_programs_in_a_row_are_each_named(suite):
    """A new process for each connection: nothing is remembered that would not be true."""
    before = len(suite.connections(program="crowd"))
    for _ in range(100):
        assert suite.probe("crowd", "tcp", "10.9.0.13", 7000)["ok"]
    rows = suite.connections(program="crowd")[before:]
    assert len(rows) == 100
    assert len({r["process"]["pid"] for r in rows}) == 100


def test_a_program_that_execs_another_is_named_as_the_other(suite):
    script = f"exec {suite.program('second')} tcp 10.9.0.13 7000"
    suite.net.inside("sh", "-c", script)
    assert suite.connections(program="second")[-1]["process"]["pid"] > 0
    # The same process, first as one program, then as the next.
    code = ("import os,socket;s=socket.create_connection(('10.9.0.13',7000));s.recv(99);s.close();"
            f"os.execv('{suite.program('third')}',['third','tcp','10.9.0.13','80'])")
    suite.net.inside("/usr/bin/python3", "-c", code)
    rows = suite.connections()[-2:]
    assert rows[0]["process"]["pid"] == rows[1]["process"]["pid"]
    assert rows[1]["process"]["path"].endswith("/third"), rows


def test_a_program_in_anothers_clothes_does_not_get_the_others_rule(suite):
    """An unprivileged user can put any file at any path of a mount namespace of his own (pitfall A7)."""
    evil = suite.program("evil")
    suite.program("trusted")
    suite.rules("""
[[rule]]
name = "trusted may"
action = "allow"
process = { path = "$BIN/trusted" }
[[rule]]
name = "others may not"
action = "block"
port = 7000
""")
    try:
        assert suite.probe("trusted", "tcp", "10.9.0.13", 7000)["ok"]
        script = f"mount --bind {evil} {suite.programs}/trusted && exec {suite.programs}/trusted tcp 10.9.0.13 7000"
        done = suite.net.inside("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups",
                                "unshare", "-Urm", "sh", "-c", script, check=False)
        assert '"ok":false' in done.stdout, done
        row = suite.connections()[-1]
        assert row["process"]["kind"] == "foreign-root", row
        assert row["verdict"]["rule"] == "others may not"
    finally:
        suite.rules("")


def test_a_binary_that_was_replaced_under_its_running_program_is_no_stranger(suite):
    held_path = suite.program("updated")
    suite.rules('[[rule]]\nname = "updated may"\naction = "allow"\nprocess = { path = "$BIN/updated" }\n'
                '[[rule]]\nname = "others may not"\naction = "block"\nport = 443\n')
    try:
        # A copy of Python, so that one running process connects before and after the update.
        shutil.copy("/usr/bin/python3", held_path)
        loop = ("import socket,sys\n"
                "for line in sys.stdin:\n"
                "    try:\n"
                "        s=socket.create_connection(('10.9.0.13',443),2); s.recv(99); print('ok',flush=True)\n"
                "    except OSError as e: print(e,flush=True)\n")
        process = subprocess.Popen(["ip", "netns", "exec", suite.net.machine, str(held_path), "-c", loop],
                                   stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        suite.net.processes.append(process)

        def connect():
            process.stdin.write("\n")
            process.stdin.flush()
            return process.stdout.readline().strip()

        assert connect() == "ok"
        shutil.copy("/usr/bin/python3", str(held_path) + ".new")
        os.rename(str(held_path) + ".new", held_path)
        assert connect() == "ok"
        row = suite.connections(program="updated")[-1]
        assert row["process"]["kind"] == "replaced", row
    finally:
        suite.rules("")


def test_who_names_the_holder_of_a_listener(suite):
    process = suite.net.start(suite.net.machine, "nc", "-l", "127.0.0.1", "4242")
    wait_until(lambda: "4242" in suite.net.inside("ss", "-Hltn").stdout, 5, "nc listens")
    answer = suite.json("who", "tcp", "127.0.0.1:4242")
    assert "nc" in answer["path"], answer
    assert answer["pid"] == process.pid
