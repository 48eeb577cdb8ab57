# SPDX-License-Identifier: GPL-3.0-or-later
"""What is told of a program besides its path: where it runs, what it runs, and who says so."""
import hashlib
import json
import os
import shutil
from pathlib import Path

import pytest

from harness.control_groups import ControlGroups
from harness.namespaces import run, wait_until
from harness.suite import SETTINGS, Suite

CONNECT = "import socket; s = socket.create_connection(('10.9.0.13', 7000), 3); s.recv(99)\n"


@pytest.fixture(scope="module")
def suite(net):
    with Suite(net, settings=SETTINGS.format(default="allow")) as running:
        yield running


@pytest.fixture
def group():
    """Makes a control group below the root of version 2; the path within it is the test's to choose."""
    groups = ControlGroups()
    yield groups.make
    groups.remove()


def inside_group(suite, group, *words, check=True):
    return ControlGroups().run_in(group, "ip", "netns", "exec", suite.net.machine, *words, check=check)


def run_in(suite, group, program, *words):
    return inside_group(suite, group, suite.program(program), *words, check=False)


def newest(suite, name):
    return suite.connections(program=name)[-1]["process"]


def test_a_container_is_named_with_its_engine_and_can_be_ruled(suite, group):
    name = f"web{os.getpid()}"
    suite.rules(f'[[rule]]\nname = "not from there"\naction = "block"\nprocess = {{ container = "{name}" }}\n')
    try:
        done = run_in(suite, group(f"lxc.payload.{name}"), "inside", "tcp", "10.9.0.13", 7000)
        assert '"ok":false' in done.stdout, done
        row = suite.connections(program="inside")[-1]
        assert (row["process"]["container"], row["process"]["container_runtime"]) == (name, "lxc"), row
        assert "container" not in row["process"].get("claimed", []), row
        assert row["verdict"]["rule"] == "not from there"
        assert suite.probe("inside", "tcp", "10.9.0.13", 7000)["ok"]
        assert f"lxc {name}" in suite.command("explain", str(int(row["id"]))).stdout
    finally:
        suite.rules("")


def test_a_container_of_namespaces_of_its_own_is_a_stranger_that_its_group_names(suite, group):
    """unshare(1), a root of its own, pid and mount namespaces: as an engine makes one."""
    name = f"own{os.getpid()}"
    root = suite.programs / "root"
    root.mkdir(exist_ok=True)
    folders = [d for d in ("bin", "lib", "lib64", "usr", "etc") if Path(f"/{d}").is_dir()]
    binds = "".join(f"mkdir -p {root}/{d} && mount --rbind /{d} {root}/{d} && " for d in folders)
    program = suite.program("shipped")
    script = (f"{binds}mkdir -p {root}/opt && cp {program} {root}/opt/shipped && "
              f"exec unshare --pid --fork chroot {root} /opt/shipped tcp 10.9.0.13 7000")
    done = inside_group(suite, group(f"lxc.payload.{name}"), "unshare", "--mount", "sh", "-c", script)
    assert '"ok":true' in done.stdout, done
    process = next(r["process"] for r in reversed(suite.connections()) if r["process"].get("container") == name)
    assert process["container_runtime"] == "lxc" and process["cmdline"].startswith("/opt/shipped"), process


def test_a_users_own_group_is_marked_as_the_users_word(suite, group):
    folder = group(f"user.slice/user-4711.slice/user@4711.service/app.slice/app-flatpak-org.x.App-{os.getpid()}.scope")
    run_in(suite, folder, "sandboxed", "tcp", "10.9.0.13", 7000)
    process = newest(suite, "sandboxed")
    assert process["flatpak"] == "org.x.App"
    assert {"flatpak", "slice"} <= set(process["claimed"]), process


def test_a_session_and_its_slice_are_told(suite, group):
    run_in(suite, group("user.slice/user-4711.slice/session-77.scope"), "logged-in", "tcp", "10.9.0.13", 7000)
    process = newest(suite, "logged-in")
    assert (process["session"], process["slice"], process["unit"]) == ("77", "user-4711.slice", "session-77.scope"), process


def test_an_appimage_is_named_by_its_file_not_by_its_mount(suite):
    """The runtime mounts the image at a random place and says in APPIMAGE which file it is."""
    mount = Path(f"/tmp/.mount_FooVie{os.getpid() % 1000000:06}")
    mount.mkdir()
    try:
        script = (f"mount -t tmpfs none {mount} && mkdir -p {mount}/usr/bin && cp {suite.program('foo')} {mount}/usr/bin/foo && "
                  f"APPIMAGE=/home/a/FooViewer-1.2.AppImage exec {mount}/usr/bin/foo tcp 10.9.0.13 7000")
        suite.net.inside("unshare", "--mount", "sh", "-c", script)
        process = newest(suite, "foo")
        assert process["appimage"] == "/home/a/FooViewer-1.2.AppImage", process
        assert process["stable_path"] == "/tmp/.mount_*/usr/bin/foo"
        assert "appimage" in process["claimed"]
    finally:
        mount.rmdir()


def test_an_appimage_of_squashfs_by_fuse_is_named_though_nobody_else_may_look_into_it(suite, tmp_path):
    """As AppImage's runtime mounts it: whoever did not mount it gets nothing of its files."""
    content = tmp_path / "content"
    (content / "usr/bin").mkdir(parents=True)
    shutil.copy(suite.program("bar"), content / "usr/bin/bar")
    image = tmp_path / "Bar-1.2.AppImage"
    run("mksquashfs", content, image, "-quiet", "-no-progress")
    mount = Path(f"/tmp/.mount_Bar12{os.getpid() % 1000000:06}")
    mount.mkdir()
    try:
        run("squashfuse", image, mount)
        suite.net.inside("env", f"APPIMAGE={image}", mount / "usr/bin/bar", "tcp", "10.9.0.13", "7000")
        process = newest(suite, "bar")
        assert process["appimage"] == str(image) and process["stable_path"] == "/tmp/.mount_*/usr/bin/bar", process
        assert not process["sha256"] and "appimage" in process["claimed"], process
    finally:
        run("umount", mount, check=False)
        mount.rmdir()


def test_the_script_behind_an_interpreter_can_be_ruled(suite):
    folder = suite.programs
    for name in ("good.py", "bad.py"):
        (folder / name).write_text(CONNECT)
    suite.rules(f'[[rule]]\nname = "not that script"\naction = "block"\nprocess = {{ script = "{folder}/bad.py" }}\n')
    try:
        assert suite.net.inside("/usr/bin/python3", "good.py", cwd=folder).returncode == 0
        assert suite.net.inside("/usr/bin/python3", "-B", "./bad.py", cwd=folder, check=False).returncode != 0
        good, bad = suite.connections(protocol="tcp")[-2:]
        assert good["process"]["script"] == f"{folder}/good.py" and good["process"]["cwd"] == str(folder), good
        assert bad["process"]["script"] == f"{folder}/bad.py" and bad["verdict"]["rule"] == "not that script", bad
    finally:
        suite.rules("")


def test_history_gives_back_all_that_was_known(suite):
    shutil.copy("/usr/bin/python3", suite.programs / "keeper-of-facts")
    (suite.programs / "told.py").write_text(CONNECT)
    suite.net.inside(suite.programs / "keeper-of-facts", "told.py", cwd=suite.programs)

    def recorded():
        lines = suite.command("history", "--program", "keeper-of-facts", "--json").stdout.splitlines()
        return [json.loads(line)["process"] for line in lines if line.strip()]

    def known(process):
        return {key: value for key, value in process.items() if value not in ("", [])}

    # Some of it is found behind the verdict (its SHA-256), and told again then.
    wait_until(lambda: recorded() and known(recorded()[-1]) == known(newest(suite, "keeper-of-facts")), 10,
               lambda: f"{recorded()[-1:]} is as {newest(suite, 'keeper-of-facts')}")
    assert known(newest(suite, "keeper-of-facts"))["sha256"]


def sha256_of(path):
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()


def test_the_file_of_a_program_is_examined_behind_the_verdict(suite):
    held = suite.hold("hashed", "tcp", "10.9.0.13", 7000)
    wait_until(lambda: newest(suite, "hashed").get("sha256"), 10, lambda: newest(suite, "hashed"))
    assert newest(suite, "hashed")["sha256"] == sha256_of(suite.programs / "hashed")
    assert not newest(suite, "hashed").get("package")
    row = suite.connections(program="hashed")[-1]
    assert sha256_of(suite.programs / "hashed") in suite.command("explain", str(int(row["id"]))).stdout
    held.close()


def test_who_tells_of_a_process_by_its_number_what_it_is(suite):
    """It has no connection, and nobody has looked at its file yet."""
    process = suite.net.start(suite.net.machine, "/usr/bin/sleep", 60)
    wait_until(lambda: Path(f"/proc/{process.pid}/comm").read_text() == "sleep\n", 5, "sleep runs")
    answer = suite.json("who", process.pid)
    path = os.path.realpath("/usr/bin/sleep")
    assert (answer["pid"], answer["path"], answer["method"]) == (process.pid, path, "none"), answer
    assert (answer["sha256"], answer["package"]) == (sha256_of(path), "coreutils"), answer
    assert answer["uid"] == 0 and answer["cmdline"] == "/usr/bin/sleep 60" and answer["parents"], answer
    said = suite.command("who", str(process.pid)).stdout
    assert sha256_of(path) in said and "coreutils" in said, said


@pytest.mark.parametrize("number, code, words", [("0", 2, "a port is written :0"), ("99999999999", 2, "no process has"),
                                                 ("4194304", 1, "there is no such process")])
def test_who_says_why_it_knows_no_such_process(suite, number, code, words):
    done = suite.command("who", number, check=False)
    assert done.returncode == code and words in done.stderr, done


def test_the_package_of_a_program_is_the_one_that_dpkg_names(suite):
    expected = suite.net.inside("dpkg", "-S", os.path.realpath("/usr/bin/python3")).stdout.split(":")[0]
    suite.net.inside("/usr/bin/python3", "-c", CONNECT + "import time; time.sleep(1)")
    name = Path(os.path.realpath("/usr/bin/python3")).name
    wait_until(lambda: newest(suite, name).get("package"), 10, lambda: newest(suite, name))
    assert newest(suite, name)["package"].split(":")[0] == expected


def test_a_rule_by_sha256_tells_two_builds_of_one_program_apart(suite):
    """Nothing is known of either when its first packet comes: that packet waits for its retransmission."""
    good, other = suite.program("build-a"), suite.program("build-b")
    with open(other, "ab") as file:
        file.write(b"another build")
    suite.rules(f'[[rule]]\nname = "this build"\naction = "allow"\nprocess = {{ sha256 = "{sha256_of(good)}" }}\n'
                '[[rule]]\nname = "no other"\naction = "block"\nprocess = { path = "$BIN/build-*" }\n')
    try:
        assert suite.probe("build-a", "tcp", "10.9.0.13", 7000, "--timeout", 8)["ok"]
        assert not suite.probe("build-b", "tcp", "10.9.0.13", 7000, "--timeout", 8)["ok"]
        assert suite.connections(program="build-a")[-1]["verdict"]["rule"] == "this build"
        assert suite.connections(program="build-b")[-1]["verdict"]["rule"] == "no other"
    finally:
        suite.rules("")
