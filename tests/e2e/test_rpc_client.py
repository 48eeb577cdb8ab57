# SPDX-License-Identifier: GPL-3.0-or-later
"""Another program asks the daemons by the installed schemas, built as docs/rpc.md says."""
import os
import re
import subprocess
from pathlib import Path

import pytest

from harness.namespaces import run

ROOT = Path(__file__).resolve().parent.parent.parent
DEFAULT = "allow"


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    """The commands of the document, on what an installation has."""
    installed, work = tmp_path_factory.mktemp("installed"), tmp_path_factory.mktemp("work")
    subprocess.run(["meson", "install", "--no-rebuild", "-C", os.environ["PORTREEVE_BUILD"]], check=True, capture_output=True,
                   env={**os.environ, "DESTDIR": str(installed)})
    (share,) = (path.parent for path in installed.rglob("share/portreeve"))
    build = re.search(r"```sh\n(capnp compile .*?\n)\./connections\n```", (ROOT / "docs" / "rpc.md").read_text(), re.S)[1]
    # The example's socket is that of an installation; here the suite is in a folder of its own.
    source = work / "connections.cc"
    (example,) = installed.rglob("examples/connections.cc")
    source.write_text(example.read_text().replace('"unix:/run/portreeve/policy.sock"', 'getenv("POLICY_SOCKET")'))
    script = build.replace("/usr/share/doc/portreeve/examples/connections.cc", str(source)).replace("/usr/share", str(share))
    run("bash", "-e", "-c", script, cwd=work, timeout=300)
    return work / "connections"


def ask(suite, client, user=None):
    words = ["ip", "netns", "exec", suite.net.machine, *(["setpriv", f"--reuid={user}", "--clear-groups"] if user else []), str(client)]
    return run(*words, check=False, env={**os.environ, "POLICY_SOCKET": f"unix:{suite.runtime}/policy.sock"})


def test_it_sees_who_talks_to_whom(suite, client):
    held = suite.hold("talker", "tcp", "10.9.0.13", 7000)
    said = ask(suite, client)
    assert said.returncode == 0, said
    assert f"{suite.programs}/talker -> 10.9.0.13 7000: allow by " in said.stdout
    held.close()


def test_who_is_in_no_group_of_ours_is_hung_up_on(suite, client):
    os.chmod(client.parent, 0o755)
    for parent in list(client.parents)[:4]:
        if str(parent).startswith("/tmp/"):
            os.chmod(parent, 0o755)
    said = ask(suite, client, user="nobody")
    assert said.returncode != 0 and "->" not in said.stdout, said
