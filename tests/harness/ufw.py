# SPDX-License-Identifier: GPL-3.0-or-later
"""Real ufw(8) on the machine, with its files to itself: ip-netns(8) mounts them over /etc."""
import shutil
from pathlib import Path


class Ufw:
    """Its rules and settings are copies; they go with the object."""

    def __init__(self, net):
        self.net = net
        self.folder = Path(f"/etc/netns/{net.machine}")

    def __enter__(self):
        self.folder.mkdir(parents=True, exist_ok=True)
        shutil.copytree("/etc/ufw", self.folder / "ufw", dirs_exist_ok=True)
        shutil.copytree("/etc/default", self.folder / "default", dirs_exist_ok=True)
        return self

    def __exit__(self, *exception):
        self("disable", check=False)
        self.net.inside("nft", "flush", "ruleset")  # its chains stay when it is switched off
        for name in ("ufw", "default"):
            shutil.rmtree(self.folder / name, ignore_errors=True)

    def __call__(self, *words, check=True):
        force = ["--force"] if words == ("enable",) else []
        return self.net.inside("ufw", *force, *words, check=check, timeout=60)
