# SPDX-License-Identifier: GPL-3.0-or-later
"""Containers of Debian's own runtimes, on the network of a machine of the tests: systemd-nspawn(1), and runc(8), which docker,
podman and the kubelet's engines run and hand a control group's path to."""
import json
import shutil
from pathlib import Path

from .control_groups import remove_with_parents
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
