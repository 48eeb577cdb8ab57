# SPDX-License-Identifier: GPL-3.0-or-later
"""Control groups (cgroups(7)) that a test makes, removed when it has left them."""
import errno
from pathlib import Path

from .namespaces import run, wait_until


def hierarchies():
    """Where they are mounted: version 2, and those of version 1 where the machine has them."""
    lines = [line.split() for line in Path("/proc/mounts").read_text().splitlines()]
    return [Path(words[1]) for words in sorted(lines, key=lambda words: words[2] != "cgroup2") if words[2] in ("cgroup", "cgroup2")]


class ControlGroups:
    def __init__(self):
        self.root = hierarchies()[0]
        self.made = []

    def make(self, path):
        """Below the root of version 2."""
        folder = self.root
        for name in path.split("/"):
            folder = folder / name
            if not folder.exists():
                folder.mkdir()
                self.made.append(folder)
        return folder

    def run_in(self, group, *words, check=True, **more):
        """The group is entered before `ip netns exec`, which mounts a /sys of its own."""
        return run("sh", "-c", f'echo $$ > {group}/cgroup.procs && exec "$@"', "sh", *words, check=check, **more)

    def remove(self):
        for folder in reversed(self.made):
            wait_until(lambda: not (folder / "cgroup.procs").read_text(), 5, f"{folder} is empty")
            remove(folder.relative_to(self.root))


def remove(path):
    """That group and those below it, in every hierarchy, unless somebody is in them."""
    for root in hierarchies():
        below = [folder for folder in (root / path).rglob("*") if folder.is_dir()]
        for folder in [*sorted(below, reverse=True), root / path]:
            try:
                folder.rmdir()
            except OSError as e:
                if e.errno not in (errno.ENOENT, errno.EBUSY, errno.ENOTEMPTY):
                    raise


def remove_with_parents(path):
    """Also the groups above it that nothing else is in."""
    path = path.strip("/")
    for group in [path, *map(str, Path(path).parents)][:-1]:
        if group == path or not any(any(d.is_dir() for d in (root / group).glob("*")) for root in hierarchies()):
            remove(group)
