# SPDX-License-Identifier: GPL-3.0-or-later
"""The recipes of other distributions' packages pack what is installed, once each. What is built already is packed."""
import json
import os
import re
import shutil
import subprocess
import tempfile

import pytest

from test_installation import BUILD, ROOT, run, tree  # noqa: F401

SPEC = ROOT / "packaging" / "rpm" / "portreeve.spec"
PKGBUILD = ROOT / "packaging" / "arch" / "PKGBUILD"
NAMES = ("portreeve", "portreeve-ui", "portreeve-notify")


def build_option(name):
    options = json.loads(run("meson", "introspect", "--buildoptions", BUILD).stdout)
    return next(option["value"] for option in options if option["name"] == name)


def version():
    return re.search(r"version: '([0-9.]+)'", (ROOT / "meson.build").read_text())[1]


@pytest.fixture(scope="module")
def installed(tree):  # noqa: F811
    """Every file of an installation, as these distributions name them."""
    files = {f"/{p.relative_to(tree)}" for p in tree.rglob("*") if not p.is_dir()}
    return {f.replace("zsh/vendor-completions", "zsh/site-functions") for f in files}


@pytest.fixture(scope="module")
def rpms(tmp_path_factory, tree):  # noqa: F811
    top = tmp_path_factory.mktemp("rpm")
    (top / "SOURCES").mkdir()
    for name in ("portreeve", "portreeve-ui-modules"):
        (top / "SOURCES" / f"{name}-{version()}.tar.gz").touch()
    prefix = build_option("prefix")
    sysconfdir = build_option("sysconfdir")
    defines = {"_topdir": top, "prebuilt": BUILD, "_prefix": prefix, "_sysconfdir": sysconfdir if sysconfdir[0] == "/" else f"{prefix}/{sysconfdir}",
               "debug_package": "%{nil}", "__os_install_post": "%{nil}", "_build_id_links": "none"}
    words = [word for name, value in defines.items() for word in ("--define", f"{name} {value}")]
    made = run("rpmbuild", "-bb", "--nodeps", *words, SPEC)
    assert made.returncode == 0, made.stdout[-2000:] + made.stderr[-4000:]
    found = {re.match(r"(.*)-[^-]+-[^-]+$", p.name)[1]: p for p in top.rglob("*.rpm")}
    assert set(found) == set(NAMES)
    return found


def files_of(rpm):
    # Type and path; folders are not counted.
    lines = run("rpm", "-qp", "--qf", "[%{FILEMODES:perms} %{FILENAMES}\\n]", rpm).stdout.splitlines()
    return [line.split(" ", 1)[1] for line in lines if line[0] != "d"]


def test_the_rpms_hold_every_installed_file_and_none_twice(rpms, installed):
    packed = [file for rpm in rpms.values() for file in files_of(rpm)]
    assert sorted(packed) == sorted(installed)


def test_the_rpm_keeps_what_somebody_changed_in_etc(rpms, installed):
    assert set(run("rpm", "-qpc", rpms["portreeve"]).stdout.split()) == {f for f in installed if "/etc/" in f}


def test_the_rpms_scriptlets_are_shell(rpms):
    scripts = run("rpm", "-qp", "--scripts", rpms["portreeve"]).stdout
    parts = re.split(r"^(\w+) scriptlet \(using /bin/sh\):\n", scripts, flags=re.M)[1:]
    assert set(parts[::2]) == {"preinstall", "postinstall", "preuninstall", "postuninstall"}
    for body in parts[1::2]:
        said = run("sh", "-n", "-c", body)
        assert said.returncode == 0, said.stderr


def test_recipes_and_the_project_have_one_version():
    assert f"Version:        {version()}\n" in SPEC.read_text()
    assert f"pkgver={version()}\n" in PKGBUILD.read_text()


def test_makepkg_reads_the_pkgbuild():
    # It refuses to run as root, and an ordinary user may not enter every folder that a checkout is in.
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        for file in (PKGBUILD, PKGBUILD.with_name("portreeve.install")):
            shutil.copy(file, folder)
        os.chown(folder, 65534, 65534)
        said = run("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "makepkg", "--printsrcinfo", cwd=folder)
    assert said.returncode == 0, said.stderr
    assert re.findall(r"^pkgname = (.*)$", said.stdout, re.M) == list(NAMES)


def test_the_pkgbuild_packs_every_installed_file_and_none_twice(tmp_path, installed):
    if build_option("prefix") != "/usr":
        pytest.skip("Arch's packages are for /usr, as ./test builds")
    (tmp_path / "build").symlink_to(BUILD)
    packed = []
    for name in NAMES:
        script = f"set -eu; source {PKGBUILD}; pkgdir={tmp_path / name}; mkdir $pkgdir; cd {tmp_path}; package_{name}"
        subprocess.run(["bash", "-c", script], check=True, capture_output=True)
        packed += [f"/{p.relative_to(tmp_path / name)}" for p in (tmp_path / name).rglob("*") if not p.is_dir()]
    assert sorted(packed) == sorted(installed)


def test_pacman_s_scriptlets_are_shell():
    assert run("bash", "-n", PKGBUILD.with_name("portreeve.install")).returncode == 0
