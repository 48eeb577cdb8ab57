# SPDX-License-Identifier: GPL-3.0-or-later
"""A full tunnel by real wg-quick(8) over wireguard-go between the two namespaces.

    machine  10.97.0.2, fd97::2    wg-quick, AllowedIPs 0.0.0.0/0 and ::/0
    world    10.97.0.1, fd97::1    and ENDPOINT, outside of the tunnel, behind the machine's default route;
                                   INNER, reached through the tunnel alone, with the servers of world.py
"""
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from .namespaces import TESTS, WORLD, run, wait_until

ENDPOINT = ("10.98.0.1", "fd98::1")
INNER = ("10.96.0.1", "fd96::1")
PORT = 51877
WIREGUARD_GO = "/usr/bin/wireguard-go"


def key_pair():
    secret = run("wg", "genkey").stdout.strip()
    return secret, subprocess.run(["wg", "pubkey"], input=secret, capture_output=True, text=True, check=True).stdout.strip()


class Tunnel:
    """The world's end comes up with the object; `up` and `down` are the machine's. Use as a context."""

    def __init__(self, net, family):
        self.net = net
        self.endpoint = ENDPOINT[family == "ipv6"]
        tag = os.getpid() % 1_000_000
        # The control sockets of all network namespaces share one folder, so the names tell them apart.
        self.here, self.there = f"wgm{tag}", f"wgw{tag}"
        self.folder = tempfile.TemporaryDirectory(prefix="portreeve-wg-", dir="/var/tmp")
        self.config = Path(self.folder.name) / f"{self.here}.conf"

    def __enter__(self):
        self.secret, self.public = key_pair()
        self._world()
        self.net.inside("sysctl", "-qw", "net.ipv4.conf.all.rp_filter=1", "net.ipv4.conf.eth0.rp_filter=1")
        self.config.touch(0o600)
        self.config.write_text(
            f"[Interface]\nPrivateKey = {self.secret}\nAddress = 10.97.0.2/24, fd97::2/64\n"
            f"[Peer]\nPublicKey = {self.world_public}\nAllowedIPs = 0.0.0.0/0, ::/0\n"
            f"Endpoint = {'[' + self.endpoint + ']' if ':' in self.endpoint else self.endpoint}:{PORT}\n")
        return self

    def __exit__(self, *exception):
        self.down(check=False)
        self.net.outside("ip", "link", "del", self.there, check=False)
        for address in INNER:
            self.net.outside(*self._past_the_tunnel("-D", address), check=False)
        for address in (*ENDPOINT, *INNER):
            self.net.outside("ip", "addr", "del", self._host(address), "dev", "lo", check=False)
        self.servers.terminate()
        self.folder.cleanup()

    def up(self):
        self.net.inside("wg-quick", "up", self.config, env={**os.environ, "WG_QUICK_USERSPACE_IMPLEMENTATION": WIREGUARD_GO})

    def down(self, check=True):
        return self.net.inside("wg-quick", "down", self.config, check=check)

    def shaken_hands(self):
        return int(self.net.inside("wg", "show", self.here, "latest-handshakes").stdout.split()[-1]) > 0

    def sent(self):
        """Bytes that the machine's end has sent to the endpoint, by its own count."""
        return int(self.net.inside("wg", "show", self.here, "transfer").stdout.split()[-1])

    @staticmethod
    def _host(address):
        return f"{address}/{128 if ':' in address else 32}"

    @staticmethod
    def _past_the_tunnel(act, address):
        return ["ip6tables" if ":" in address else "iptables", act, "INPUT", "-i", "eth0", "-d", address, "-j", "DROP"]

    def _world(self):
        secret, self.world_public = key_pair()
        outside = self.net.outside
        for address in (*ENDPOINT, *INNER):
            outside("ip", "addr", "add", self._host(address), "dev", "lo", *(["nodad"] if ":" in address else []))
        for address in INNER:
            outside(*self._past_the_tunnel("-A", address))
        outside(WIREGUARD_GO, self.there, env={**os.environ, "LOG_LEVEL": "silent"})
        config = Path(self.folder.name) / "world"
        config.touch(0o600)
        config.write_text(f"[Interface]\nPrivateKey = {secret}\nListenPort = {PORT}\n"
                          f"[Peer]\nPublicKey = {self.public}\nAllowedIPs = 10.97.0.2/32, fd97::2/128\n")
        outside("wg", "setconf", self.there, config)
        outside("ip", "addr", "add", "10.97.0.1/24", "dev", self.there)
        outside("ip", "addr", "add", "fd97::1/64", "dev", self.there, "nodad")
        outside("ip", "link", "set", self.there, "up")
        self.servers = self.net.start(self.net.world, sys.executable, TESTS / "tools" / "world.py", *INNER, "--", 7000)
        assert self.servers.stdout.readline().strip() == "ready"
