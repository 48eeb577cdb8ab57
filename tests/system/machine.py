# SPDX-License-Identifier: GPL-3.0-or-later
"""The guest: a Debian 12 in QEMU, plugged by a tap into a network namespace that plays the world.

All that goes over its wire is recorded outside of it, from power-on to power-off. Commands are run in it by a virtio serial
port (agent.py), so that no test depends on the network which it is about.
"""
import json
import os
import queue
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from harness.namespaces import HOSTS, MACHINE, STRAY, UPSTREAM, WORLD, Namespaces, end, run, run_tag, wait_until  # noqa: E402

import image  # noqa: E402

MAC = "52:54:00:09:00:01"
BOOT_WITHIN = 400  # TCG on a busy machine


class World(Namespaces):
    """The servers of tests/harness/namespaces.py behind a tap, with DHCP and router advertisements."""

    def __enter__(self):
        self.remove()
        run("ip", "netns", "add", self.world)
        run("ip", "-n", self.world, "link", "set", "lo", "up")
        run("ip", "netns", "exec", self.world, "ip", "tuntap", "add", "dev", "eth0", "mode", "tap")
        self._addresses(self.world, [WORLD, UPSTREAM, STRAY, *HOSTS.values()])
        run("ip", "-n", self.world, "link", "set", "eth0", "up")
        self._serve()
        self._give_addresses()
        return self

    def _give_addresses(self):
        self.dhcp = self.start(
            self.world, "dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null", "--port=0", "--bind-dynamic", "--interface=eth0",
            "--pid-file=", "--user=root", "--leasefile-ro", f"--dhcp-range={MACHINE[0]},{MACHINE[0]},1h",
            f"--dhcp-host={MAC},{MACHINE[0]}", f"--dhcp-option=3,{WORLD[0]}", "--dhcp-range=::,constructor:eth0,ra-only", "--enable-ra")


class Machine:
    def __init__(self, world, files, say=print):
        """`files`: what is handed to the guest, unpacked in /media/files; the first is our package."""
        self.world = world
        self.folder = Path(tempfile.mkdtemp(prefix="portreeve-system-"))
        self.capture_file = self.folder / "wire.pcap"
        self.console_file = self.folder / "console.log"
        made = image.make(files[0], say)
        handed = self.folder / "files.tar"
        run("tar", "--create", "--file", handed, *[w for f in files for w in ("-C", Path(f).parent, Path(f).name)])
        self._answers, self._hellos, self._number = {}, queue.Queue(), 0
        self._lock = threading.Lock()
        words = [
            "qemu-system-x86_64", "-machine", "q35", "-accel", "tcg,thread=multi,tb-size=512", "-cpu", "Nehalem", "-smp", "2", "-m", "1024",
            "-nodefaults", "-no-user-config", "-display", "none", "-serial", f"file:{self.console_file}",
            "-kernel", made / "vmlinuz", "-initrd", made / "initrd",
            "-append", "root=/dev/vda rw console=ttyS0 net.ifnames=0 quiet systemd.show_status=0 mitigations=off audit=0 nokaslr",
            "-drive", f"file={made / 'disk.raw'},format=raw,if=virtio,snapshot=on,cache=unsafe",
            "-drive", f"file={handed},format=raw,if=virtio,readonly=on",
            "-netdev", "tap,id=wire,ifname=eth0,script=no,downscript=no,vnet_hdr=off",
            "-object", f"filter-dump,id=capture,netdev=wire,file={self.capture_file},maxlen=512",
            "-device", f"virtio-net-pci,netdev=wire,mac={MAC},romfile=",
            "-device", "virtio-serial-pci", "-chardev", f"socket,id=agent,path={self.folder / 'agent'},server=on,wait=off",
            "-device", "virtserialport,chardev=agent,name=agent", "-device", "virtio-rng-pci"]
        self.process = world.start(world.world, *words, stderr=subprocess.STDOUT, env={**os.environ, "TMPDIR": "/var/tmp"})
        wait_until(lambda: (self.folder / "agent").exists() or self.process.poll() is not None, 20, "QEMU makes its sockets")
        if self.process.poll() is not None:
            raise RuntimeError(f"QEMU ended: {self.process.stdout.read()}")
        self._port = socket.socket(socket.AF_UNIX)
        self._port.connect(str(self.folder / "agent"))
        threading.Thread(target=self._listen, daemon=True).start()
        self.wait_for_boot()
        self.run("mkdir -p /media/files && tar -C /media/files -xf /dev/vdb")

    def _listen(self):
        kept = b""
        while True:
            try:
                data = self._port.recv(65536)
            except OSError:
                return
            if not data:
                return
            *lines, kept = (kept + data).split(b"\n")
            for line in lines:
                try:
                    message = json.loads(line)
                except ValueError:
                    continue  # half a line from before a reboot
                if "hello" in message:
                    self._hellos.put(message)
                else:
                    waiting = self._answers.pop(message["id"], None)
                    if waiting is not None:
                        waiting.put(message)

    def wait_for_boot(self):
        """Until the agent says hello; gives back how many seconds that took."""
        begun = time.monotonic()
        try:
            self._hellos.get(timeout=BOOT_WITHIN)
        except queue.Empty:
            raise AssertionError(f"the guest did not boot in {BOOT_WITHIN} s:\n{self.console()[-3000:]}") from None
        return time.monotonic() - begun

    def run(self, shell, check=True, timeout=90):
        """Run a shell command as root in the guest; gives back code, out, err."""
        with self._lock:
            self._number += 1
            number = self._number
            self._answers[number] = answer = queue.Queue()
            self._port.sendall((json.dumps({"id": number, "shell": shell, "timeout": timeout}) + "\n").encode())
        try:
            message = answer.get(timeout=timeout + 60)
        except queue.Empty:
            raise AssertionError(f"the guest does not answer: {shell}\n{self.console()[-2000:]}") from None
        result = Result(message["code"], message["out"], message["err"])
        if check and result.code != 0:
            raise AssertionError(f"in the guest: {shell}: exit {result.code}\n{result.out[-4000:]}{result.err[-4000:]}")
        return result

    def out(self, shell, **more):
        return self.run(shell, **more).out.strip()

    def write(self, path, text):
        quoted = text.replace("'", "'\\''")
        self.run(f"mkdir -p $(dirname {path}) && printf %s '{quoted}' > {path}")

    def wait(self, shell, seconds, what=None):
        """Until a command in the guest succeeds."""
        end_at = time.monotonic() + seconds
        while True:
            result = self.run(shell, check=False)
            if result.code == 0:
                return result
            if time.monotonic() > end_at:
                raise AssertionError(f"not within {seconds} s: {what or shell}\n{result.out[-2000:]}{result.err[-2000:]}")
            time.sleep(0.3)

    def reboot(self):
        while not self._hellos.empty():
            self._hellos.get()
        self.run("systemctl reboot", check=False)
        return self.wait_for_boot()

    def power_off(self):
        if self.process.poll() is None:
            with self._lock:
                self._port.sendall((json.dumps({"id": 0, "shell": "systemctl poweroff", "timeout": 60}) + "\n").encode())
            self.process.wait(180)

    def console(self):
        return self.console_file.read_text(errors="replace") if self.console_file.exists() else ""

    def close(self):
        end(self.process)
        self._port.close()
        run("rm", "-rf", self.folder, check=False)


class Result:
    def __init__(self, code, out, err):
        self.code, self.out, self.err = code, out, err
