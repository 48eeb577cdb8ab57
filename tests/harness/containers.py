# SPDX-License-Identifier: GPL-3.0-or-later
"""Containers of Debian's own runtimes and engines, on the network of a machine of the tests: systemd-nspawn(1), podman(1), LXC,
bubblewrap as Flatpak runs it, and runc(8), which docker, podman and the kubelet's engines run and hand a control group's path to."""
import json
import shutil
import tempfile
from pathlib import Path

from .control_groups import remove, remove_with_parents
from .namespaces import run


class Root:
    """A root folder that has the host's /usr, and programs of its own."""

    def __init__(self, folder):
        self.folder = Path(folder)
        for name in ("usr", "etc", "proc", "sys", "dev", "run", "tmp", "opt", "var", "root"):
            (self.folder / name).mkdir(parents=True)
        for name in ("bin", "sbin", "lib", "lib64"):
            (self.folder / name).symlink_to(f"usr/{name}")
        (self.folder / "etc/os-release").write_text("ID=portreeve-test\n")

    def put(self, program, at):
        """A file of the container's own."""
        path = self.folder / str(at).lstrip("/")
        path.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(program, path)


def nspawn(groups, machine, root, name, *words):
    """As machined registers it: in a scope of machine.slice, in which systemd-nspawn sets itself apart from what it contains."""
    scope = groups.make(f"machine.slice/machine-{name}.scope")
    return groups.run_in(scope, "systemd-nspawn", "--quiet", "--register=no", "--keep-unit", f"--machine={name}",
                         f"--directory={root.folder}", "--bind-ro=/usr", f"--network-namespace-path=/run/netns/{machine}",
                         "--resolv-conf=off", "--timezone=off", "--console=pipe", *words, check=False)


def runc(machine, root, name, group, *words):
    """`group` is the path that an engine would ask for."""
    bundle = root.folder.parent / f"{name}-bundle"
    bundle.mkdir()
    namespaces = [{"type": kind} for kind in ("mount", "pid", "ipc", "uts")]
    config = {
        "ociVersion": "1.0.2",
        "process": {"user": {"uid": 0, "gid": 0}, "args": list(map(str, words)), "cwd": "/", "env": ["PATH=/usr/bin"]},
        "root": {"path": str(root.folder)},
        "mounts": [{"destination": "/proc", "type": "proc", "source": "proc"},
                   {"destination": "/usr", "type": "bind", "source": "/usr", "options": ["rbind", "ro"]}],
        "linux": {"namespaces": [*namespaces, {"type": "network", "path": f"/run/netns/{machine}"}], "cgroupsPath": group},
    }
    (bundle / "config.json").write_text(json.dumps(config))
    try:
        return run("runc", "--root", bundle / "state", "run", "--bundle", bundle, name, check=False)
    finally:
        remove_with_parents(group)


def podman(machine, root, *words):
    """Without systemd, so podman makes the control groups itself. Gives back what was run, and the container's id."""
    with tempfile.TemporaryDirectory(prefix="podman") as folder:  # podman wants a short path
        try:
            # runc: crun refuses to run where version 1 of control groups is mounted beside version 2.
            done = run("podman", "--root", f"{folder}/store", "--runroot", f"{folder}/run", "--tmpdir", f"{folder}/tmp",
                       "--storage-driver=vfs", "--cgroup-manager=cgroupfs", "--events-backend=none", "--runtime=runc",
                       "run", "--rm", f"--cidfile={folder}/id", f"--network=ns:/run/netns/{machine}",
                       "--ulimit=nofile=1024:1024", "--ulimit=nproc=1024:1024", "--volume=/usr:/usr:ro",
                       "--rootfs", root.folder, *words, check=False)
            return done, Path(f"{folder}/id").read_text()
        finally:
            remove("libpod_parent")


def lxc(machine, root, name, *words):
    folder = root.folder.parent / "lxc"
    folder.mkdir()
    config = folder / "config"
    config.write_text(f"lxc.rootfs.path = dir:{root.folder}\nlxc.net.0.type = none\nlxc.mount.auto = proc:mixed\n"
                      "lxc.mount.entry = /usr usr none bind,ro 0 0\nlxc.apparmor.profile = unconfined\n")
    try:
        # Not by `ip netns exec`, whose own /sys has no control groups in it.
        return run("nsenter", f"--net=/run/netns/{machine}", "lxc-execute", "-P", folder, "-n", name, "-f", config,
                   "-o", folder / "log", "--", *words, check=False)
    finally:
        for group in (f"lxc.payload.{name}", f"lxc.monitor.{name}", "lxc.pivot"):
            remove(group)


def flatpak(groups, machine, root, application, *words):
    """As `flatpak run` does it: bubblewrap, in a scope that the user's own systemd makes for it."""
    scope = groups.make(f"user.slice/user-1000.slice/user@1000.service/app.slice/app-flatpak-{application}-4711.scope")
    information = root.folder / ".flatpak-info"
    information.write_text(f"[Application]\nname={application}\n")
    return groups.run_in(scope, "ip", "netns", "exec", machine, "bwrap", "--bind", root.folder, "/", "--ro-bind", "/usr", "/usr",
                         "--proc", "/proc", "--dev", "/dev", "--unshare-pid", *words, check=False)
