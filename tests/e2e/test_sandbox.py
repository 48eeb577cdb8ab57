# SPDX-License-Identifier: GPL-3.0-or-later
"""Each process is locked in: what it says, what the kernel says, and what it cannot do."""
import re
from pathlib import Path

import pytest

from harness.namespaces import wait_until
from harness.suite import BUILD

DEFAULT = "allow"

DAEMONS = {
    "interceptor": "interceptor/portreeve-interceptor",
    "keeper": "interceptor/keeper/portreeve-keeper",
    "attributor": "attributor/portreeve-attributor",
    "reader": "attributor/reader/portreeve-reader",
    "resolver": "resolver/portreeve-resolver",
    "policy": "policy/portreeve-policy",
    "gateway": "api-gateway/portreeve-gateway",
    "historian": "history/portreeve-historian",
    "gate": "gate17/portreeve-gate",
}
CAPABILITIES = {
    "interceptor": {"cap_net_admin"},
    "keeper": {"cap_net_admin", "cap_net_raw"},
    "reader": {"cap_sys_ptrace", "cap_dac_read_search"},
}
LANDLOCKED = {"attributor", "policy", "gateway", "resolver", "interceptor", "historian", "gate"}
FORBIDDEN = {  # what the issue names; each daemon tries more
    "resolver": ["/etc/shadow"],
    "policy": ["inet socket"],
    "interceptor": ["execve"],
    "reader": ["ptrace"],
    "attributor": ["/proc/1/"],
}


def kernel_status(pid):
    text = Path(f"/proc/{pid}/status").read_text()
    return dict(re.findall(r"^(\w+):[ \t]*(.*)$", text, re.M))


def test_every_process_has_a_uid_of_its_own(suite):
    uids = [kernel_status(suite.pid(name))["Uid"].split() for name in DAEMONS]
    assert all(len(set(u)) == 1 for u in uids), uids
    assert len({u[0] for u in uids}) == len(DAEMONS), uids
    assert [name for name, u in zip(DAEMONS, uids) if u[0] == "0"] == ["keeper"]


@pytest.mark.parametrize("name", DAEMONS)
def test_the_kernel_confirms_what_a_process_says_of_its_locks(suite, name):
    said = next(p for p in suite.status()["processes"] if p["name"] == name)["sandbox"]
    kernel = kernel_status(suite.pid(name))
    assert kernel["NoNewPrivs"] == "1" and said["no_new_privs"]
    assert kernel["Seccomp"] == "2" and said["seccomp"]
    assert set(said["capabilities"]) == CAPABILITIES.get(name, set())
    assert bin(int(kernel["CapEff"], 16)).count("1") == len(CAPABILITIES.get(name, set())), kernel
    assert kernel["Groups"].split() == [], kernel
    if name in LANDLOCKED:
        assert said["landlock"].startswith(("enforced", "missing in this kernel")), said


@pytest.mark.parametrize("name", DAEMONS)
def test_what_is_forbidden_is_refused_inside_the_daemons_own_sandbox(suite, name):
    done = suite.net.inside("env", f"CONFIGURATION_DIRECTORY={suite.config}", f"STATE_DIRECTORY={suite.state}",
                            f"RUNTIME_DIRECTORY={suite.runtime}", BUILD / DAEMONS[name], "--prove-sandbox", check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    lines = done.stdout.splitlines()
    assert len(lines) >= 4 and all(line.startswith("refused") for line in lines), done.stdout
    for word in FORBIDDEN.get(name, []):
        assert any(word in line for line in lines), (word, done.stdout)


def test_the_examiner_is_locked_in_as_well(suite):
    """The attributor's helper, which reads program files: it has no name in `status`, but a sandbox of its own."""
    done = suite.net.inside(BUILD / DAEMONS["attributor"], "--prove-examiner", check=False)
    lines = done.stdout.splitlines()
    assert done.returncode == 0 and len(lines) >= 10 and all(line.startswith("refused") for line in lines), done
    children = Path(f"/proc/{suite.pid('attributor')}/task/{suite.pid('attributor')}/children")
    pids = children.read_text().split() if children.exists() else [
        p.name for p in Path("/proc").iterdir() if p.name.isdigit()
        and kernel_status(p.name).get("PPid") == str(suite.pid("attributor"))]
    assert len(pids) == 1, pids
    # Of all that its parent holds (sockets of the suite's processes among them) it has the one to its parent alone.
    held = lambda: sorted(int(fd.name) for fd in Path(f"/proc/{pids[0]}/fd").iterdir())
    wait_until(lambda: held() == [0, 1, 2, 3], 10, lambda: f"what the examiner holds: {held()}")
    for thread in Path(f"/proc/{pids[0]}/task").iterdir():
        kernel = kernel_status(f"{pids[0]}/task/{thread.name}")
        assert (kernel["Seccomp"], kernel["NoNewPrivs"], int(kernel["CapEff"], 16)) == ("2", "1", 0), kernel


def test_a_stranger_gets_nothing_from_any_socket(suite):
    """An unprivileged user in no group of the suite's is entitled to nothing, and is told so."""
    done = suite.net.inside("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "env",
                            f"RUNTIME_DIRECTORY={suite.runtime}", BUILD / "cli" / "portreeve", "connections", check=False)
    assert done.returncode == 1, done
    assert "portreeve-observe" in done.stderr, done.stderr


@pytest.mark.parametrize("name", ["interceptor", "keeper", "attributor", "policy", "resolver", "gateway", "historian", "gate"])
def test_garbage_on_an_rpc_socket_ends_that_connection_and_nothing_else(suite, name):
    code = """
import os, socket, sys
for size in (1, 7, 64, 4096, 1 << 20):
    s = socket.socket(socket.AF_UNIX); s.settimeout(5)
    s.connect(sys.argv[1])
    try:
        s.sendall(os.urandom(size)); s.shutdown(socket.SHUT_WR); s.recv(1000)
    except OSError: pass
    s.close()
"""
    pid = suite.pid(name)
    suite.net.inside("/usr/bin/python3", "-c", code, suite.runtime / f"{name}.sock")
    assert suite.pid(name) == pid
    suite.wait_enforcing()


def test_sockets_and_their_folder_are_roots_alone_to_change(suite):
    folder = suite.runtime.stat()
    assert folder.st_uid == 0 and folder.st_mode & 0o777 == 0o755
    assert (suite.state / "policy").stat().st_mode & 0o777 == 0o700
