# SPDX-License-Identifier: GPL-3.0-or-later
"""What is installed: units, manual pages, completions, the first policies. Needs no network namespace."""
import os
import re
import shlex
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
BUILD = Path(os.environ.get("PORTREEVE_BUILD", ROOT / "build"))
AT_MOST = {"policy": 0.5, "gateway": 0.5, "resolver": 1.3, "reader": 1.8, "attributor": 1.8, "interceptor": 2.0, "keeper": 2.0}


def run(*words, **more):
    return subprocess.run([str(w) for w in words], capture_output=True, text=True, timeout=120, **more)


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    """An installation in a folder."""
    folder = tmp_path_factory.mktemp("installed")
    # The programs were built by whoever runs the tests; make the pages only.
    subprocess.run(["ninja", "-C", BUILD, *[f"packaging/{page}" for page in PAGES]], check=True, capture_output=True)
    subprocess.run(["meson", "install", "--no-rebuild", "-C", BUILD], check=True, capture_output=True,
                   env={**os.environ, "DESTDIR": str(folder)})
    return folder


PAGES = ["portreeve.1", "portreeve.toml.5", "portreeve-rules.5", "portreeve-list.5", "portreeve-api.7", "portreeve-rpc.7",
         *[f"portreeve-{d}.8" for d in (*AT_MOST, "lists")]]


def found(tree, name):
    (path,) = tree.rglob(name)
    return path


@pytest.mark.parametrize("name", PAGES)
def test_manual_pages_are_without_fault(tree, name):
    said = run("mandoc", "-T", "lint", "-W", "warning", found(tree, name))
    # Where a sentence ends is a matter of docs/rules.md, not of the page.
    assert [line for line in said.stdout.splitlines() if "new sentence, new line" not in line] == []


def test_the_manual_names_every_command(tree):
    page = found(tree, "portreeve.1").read_text()
    listed = run(BUILD / "cli" / "portreeve", "--help").stdout.split("Subcommands:\n")[1].split("\n\n")[0]
    commands = re.findall(r"^  ([a-z-]+)\s{2,}", listed, re.M)
    assert "doctor" in commands
    assert [c for c in commands if f".Ss portreeve {c}\n" not in page] == []


@pytest.mark.parametrize("daemon", AT_MOST)
def test_units_are_hardened_as_far_as_they_can_be(tree, daemon):
    said = run("systemd-analyze", "security", "--offline=yes", "--no-pager", found(tree, f"portreeve-{daemon}.service")).stdout
    assert float(re.search(r"exposure level.*: ([0-9.]+)", said)[1]) <= AT_MOST[daemon]


def test_every_daemon_unit_has_what_restarts_and_upgrades_rely_on(tree):
    for daemon in AT_MOST:
        unit = found(tree, f"portreeve-{daemon}.service").read_text()
        for line in ("Type=notify", "Restart=always", "StartLimitIntervalSec=0", "PartOf=portreeve.target"):
            assert f"\n{line}\n" in unit, (daemon, line)
        assert f"Requires=portreeve-rules.service portreeve-{daemon}.socket" in unit
    rules = found(tree, "portreeve-rules.service").read_text()
    assert "StopWhenUnneeded=yes" in rules and "DefaultDependencies=no" in rules
    for word in ("Conflicts=", "PartOf=", "WantedBy="):
        assert not re.search(f"^{word}", rules, re.M), "rules have to stay until the machine is off, and over restarts"


def test_no_placeholder_is_left(tree):
    for unit in tree.rglob("portreeve*.service"):
        assert not re.search(r"@[a-z]+@", unit.read_text()), unit


@pytest.mark.parametrize("policy", ["server.toml", "desktop.toml", "90-first-policy.toml"])
def test_the_first_policies_are_good(tree, policy):
    said = run(BUILD / "cli" / "portreeve", "check", found(tree, policy))
    assert said.returncode == 0, said.stderr


def test_the_installed_demonstration_ends_with_all_as_ruled(tree):
    daemons = found(tree, "portreeve-policy").parent
    said = run(found(tree, "bin/portreeve"), "demo", env={**os.environ, "PORTREEVE_DAEMONS": str(daemons)})
    assert said.returncode == 0 and "observations are what the rules say" in said.stdout, said.stdout + said.stderr


def test_in_a_build_tree_the_demonstration_is_run(tree):
    said = run(BUILD / "cli" / "portreeve", "demo")
    assert said.returncode == 1 and "./run" in said.stderr, said


def complete_bash(tree, line):
    script = (f"source {found(tree, 'completions/portreeve')}; COMP_WORDS=({line} ''); [[ {shlex.quote(line)} == *' ' ]] || unset 'COMP_WORDS[-1]'; "
              "COMP_CWORD=$(( ${#COMP_WORDS[@]} - 1 )); _portreeve; printf '%s\\n' \"${COMPREPLY[@]}\"")
    return run("bash", "-c", script, env={**os.environ, "PATH": f"{BUILD / 'cli'}:{os.environ['PATH']}"}).stdout.split()


def complete_fish(tree, line):
    script = f"source {found(tree, 'portreeve.fish')}; complete -C {shlex.quote(line)}"
    return [l.split("\t")[0] for l in run("fish", "--no-config", "-c", script, env={
        **os.environ, "PATH": f"{BUILD / 'cli'}:{os.environ['PATH']}"}).stdout.splitlines()]


def complete_zsh(tree, line):
    """Runs the function with compadd replaced by one that prints what it is given."""
    words = shlex.split(line) + ([""] if line.endswith(" ") else [])
    script = (f"compadd() {{ [[ $1 == -a ]] && print -l -- ${{(P)2}} || print -l -- $@; }}; _files() {{ print FILES; }}; _users() {{ print USERS; }}; "
              f"words=({' '.join(shlex.quote(w) for w in words)}); CURRENT={len(words)}; PREFIX={shlex.quote(words[-1])}; "
              f"source {found(tree, '_portreeve')}")
    return run("zsh", "-f", "-c", script, env={**os.environ, "PATH": f"{BUILD / 'cli'}:{os.environ['PATH']}"}).stdout.split()


@pytest.mark.parametrize("complete", [complete_bash, complete_fish, complete_zsh])
def test_shells_complete_commands_subcommands_and_options(tree, complete):
    assert {"status", "rule", "doctor"} <= set(complete(tree, "portreeve "))
    assert {"list", "add", "remove", "reload"} <= set(complete(tree, "portreeve rule "))
    assert "status" not in complete(tree, "portreeve rule ")
    options = set(complete(tree, "portreeve rule add --"))
    assert {"--program", "--domain", "--gate17"} <= options and "--follow" not in options
