# SPDX-License-Identifier: GPL-3.0-or-later
"""The same Debian in a container with its own systemd as PID 1 (systemd-nspawn) and a network namespace of its own: boots in
seconds where the machine in QEMU takes minutes. The kernel is the host's; so what is about the kernel's own boot is QEMU's to show.

At power-off the network namespace goes with all that is in it, so that at power-on there are no rules and no connections, as on a machine.
"""
import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

from harness.namespaces import HOSTS, STRAY, UPSTREAM, WORLD, Namespaces, end, run, wait_until

import image
from machine import MAC, Machine, Result, World

BOOT_WITHIN = 120
# What systemd-nspawn(1) does not let through by itself, and our daemons need.
SYSCALLS = "bpf landlock_create_ruleset landlock_add_rule landlock_restrict_self"


class ContainerWorld(World):
    """The world's end of the wire is a bridge: it stays when the machine is switched off."""

    def __enter__(self):
        self.remove()
        run("ip", "netns", "add", self.world)
        run("ip", "-n", self.world, "link", "set", "lo", "up")
        run("ip", "-n", self.world, "link", "add", "eth0", "type", "bridge")
        self._addresses(self.world, [WORLD, UPSTREAM, STRAY, *HOSTS.values()])
        run("ip", "-n", self.world, "link", "set", "eth0", "up")
        self._serve()
        self._give_addresses()
        return self

    def plug_in(self):
        run("ip", "netns", "add", self.machine)
        run("ip", "-n", self.machine, "link", "add", "eth0", "address", MAC, "type", "veth", "peer", "name", "port", "netns", self.world)
        run("ip", "-n", self.world, "link", "set", "port", "master", "eth0", "up")

    def pull_out(self):
        # The namespace itself may live a moment longer than its name.
        run("ip", "-n", self.world, "link", "del", "port", check=False)
        run("ip", "netns", "del", self.machine, check=False)


class Container(Machine):
    def __init__(self, world, files, say=print):
        self.world = world
        self.folder = Path(tempfile.mkdtemp(prefix="portreeve-system-", dir="/var/tmp"))
        self.capture_file = self.folder / "wire.pcap"
        self.console_file = self.folder / "console.log"
        self.root = self.folder / "root"
        self._mount(image.tree(files[0], say))
        for file in files:
            shutil.copy(file, self.root / "media/files" / Path(file).name)
        self._record()
        self.process = None
        self._power_on()

    def _mount(self, tree):
        # What it writes is kept in memory, and bounded: one test fills its disk.
        disk = self.folder / "disk"
        for folder in (self.root, disk):
            folder.mkdir()
        run("mount", "-t", "tmpfs", "-o", "size=1500M", "tmpfs", disk)
        for name in ("upper", "work"):
            (disk / name).mkdir()
        run("mount", "-t", "overlay", "overlay", "-o", f"lowerdir={tree},upperdir={disk}/upper,workdir={disk}/work", self.root)
        (self.root / "media/files").mkdir(parents=True)
        (self.root / "etc/fstab").write_text("")
        # Commands come by nsenter(1).
        (self.root / "etc/systemd/system/sysinit.target.wants/agent.service").unlink()

    def _record(self):
        self.recorder = self.world.start(self.world.world, "tcpdump", "-i", "eth0", "-w", self.capture_file, "-U", "--immediate-mode", "-s", "512",
                                         "-Z", "root", stderr=subprocess.STDOUT)
        wait_until(lambda: self.capture_file.exists() and self.capture_file.stat().st_size >= 24, 20, "tcpdump records the wire")

    def _power_on(self):
        self.world.plug_in()
        with open(self.console_file, "a") as console:
            self.process = subprocess.Popen(
                ["systemd-nspawn", "--quiet", "--boot", f"--directory={self.root}", f"--network-namespace-path=/run/netns/{self.world.machine}",
                 "--register=no", "--keep-unit", "--capability=all", "--drop-capability=CAP_SYS_TIME,CAP_SYS_MODULE,CAP_SYS_BOOT", f"--system-call-filter={SYSCALLS}", "--resolv-conf=off",
                 "--console=pipe", f"--machine=guest-{os.getpid()}"], stdin=subprocess.DEVNULL, stdout=console, stderr=console,
                env={**os.environ, "SYSTEMD_NSPAWN_API_VFS_WRITABLE": "network"})
        self.wait_for_boot()

    def wait_for_boot(self):
        begun = time.monotonic()
        wait_until(lambda: self._leader() or self.process.poll() is not None, BOOT_WITHIN, "the container starts")
        assert self.process.poll() is None, f"systemd-nspawn ended:\n{self.console()[-3000:]}"
        self.wait("systemctl is-active sysinit.target", BOOT_WITHIN, "the container boots")
        return time.monotonic() - begun

    def _leader(self):
        """Its PID 1, as seen from here."""
        try:
            return next(iter(Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()), None)
        except FileNotFoundError:
            return None

    def run(self, shell, check=True, timeout=90):
        try:
            done = subprocess.run(["nsenter", "-t", self._leader() or "0", "-a", "/bin/sh", "-c", shell], capture_output=True, text=True,
                                  errors="replace", stdin=subprocess.DEVNULL, timeout=timeout + 60, env={"PATH": os.environ["PATH"], "HOME": "/root"})
        except subprocess.TimeoutExpired:
            raise AssertionError(f"the container does not answer: {shell}\n{self.console()[-2000:]}") from None
        if check and done.returncode != 0:
            raise AssertionError(f"in the container: {shell}: exit {done.returncode}\n{done.stdout[-4000:]}{done.stderr[-4000:]}")
        return Result(done.returncode, done.stdout, done.stderr)

    def reboot(self):
        self.power_off()
        self._power_on()

    def power_off(self):
        if self.process.poll() is None:
            self.run("systemctl poweroff", check=False)
            self.process.wait(120)
        self.world.pull_out()

    def close(self):
        if self.process.poll() is None:
            end(self.process)
        end(self.recorder)
        for folder in (self.root, self.folder / "disk"):
            run("umount", "--lazy", folder, check=False)
        self.world.pull_out()
        shutil.rmtree(self.folder, ignore_errors=True)
