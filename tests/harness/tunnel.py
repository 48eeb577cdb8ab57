# SPDX-License-Identifier: GPL-3.0-or-later
"""A third machine, which the first reaches through a tunnel alone, and an ear on every interface.

    machine ── 10.9.0.0/24 ── world ── 10.8.0.0/24 ── server    10.8.0.7, fd08::7

The world routes nothing: whoever is in the machine comes to the server by a server of the world's, or not at all."""
import json
import shutil
import subprocess
import tempfile
from pathlib import Path

from .namespaces import TESTS, WORLD, end, run, wait_until

SERVER = ("10.8.0.7", "fd08::7")
WORLD_INSIDE = ("10.8.0.2", "fd08::2")
PORTS = (80, 7000)
FAR_NAME = "www.other.test"  # for the machine's resolver an address of the world's, in the world the server's


def ways(suite):
    """What `portreeve gate status` says of each way, by its name."""
    return {way["name"]: way for way in map(json.loads, suite.command("gate", "status", "--json").stdout.splitlines())}


class Tunnel:
    def __init__(self, net):
        self.net = net
        self.server = net.machine.replace("machine", "server")
        self.ways = {}
        self.folder = Path(tempfile.mkdtemp(prefix="portreeve-tunnel-", dir="/var/tmp"))
        self.folder.chmod(0o755)

    def __enter__(self):
        run("ip", "netns", "add", self.server)
        run("ip", "-n", self.server, "link", "set", "lo", "up")
        run("ip", "-n", self.net.world, "link", "add", "eth1", "type", "veth", "peer", "name", "eth0", "netns", self.server)
        for name, device, pair in ((self.net.world, "eth1", WORLD_INSIDE), (self.server, "eth0", SERVER)):
            run("ip", "-n", name, "addr", "add", f"{pair[0]}/24", "dev", device)
            run("ip", "-n", name, "addr", "add", f"{pair[1]}/64", "dev", device, "nodad")
            run("ip", "-n", name, "link", "set", device, "up")
        hosts = Path(f"/etc/netns/{self.net.world}")
        hosts.mkdir(parents=True, exist_ok=True)
        (hosts / "hosts").write_text(f"{SERVER[0]} {FAR_NAME}\n127.0.0.1 localhost\n")
        (hosts / "nsswitch.conf").write_text("hosts: files\npasswd: files\ngroup: files\n")
        servers = self.net.start(self.server, "/usr/bin/python3", TESTS / "tools" / "world.py", *SERVER, "--", *PORTS)
        assert servers.stdout.readline().strip() == "ready", "the server did not come up"
        return self

    def __exit__(self, *exception):
        for pid in run("ip", "netns", "pids", self.server, check=False).stdout.split():
            run("kill", pid, check=False)
        run("ip", "netns", "del", self.server, check=False)
        shutil.rmtree(f"/etc/netns/{self.net.world}", ignore_errors=True)
        shutil.rmtree(self.folder, ignore_errors=True)

    def listen(self, name, port, *words, namespace=None, **more):
        """Start a server of the world's and wait until it listens on that port."""
        namespace = namespace or self.net.world
        self.ways[name] = self.net.start(namespace, *words, **more)
        wait_until(lambda: f":{port} " in run("ip", "netns", "exec", namespace, "ss", "-Hltn").stdout, 10,
                   lambda: f"{name} listens on {port}")
        return self.ways[name]

    def microsocks(self, name, address, port, *options):
        return self.listen(name, port, "microsocks", "-i", address, "-p", port, *options)

    def dante(self, name, address, port):
        """dante-server, which carries datagrams as well."""
        conf = self.folder / f"{name}.conf"
        conf.write_text(f"""logoutput: /dev/null
internal: {address} port = {port}
external: eth1
clientmethod: none
socksmethod: none
user.privileged: root
user.unprivileged: nobody
client pass {{ from: 0/0 to: 0/0 }}
socks pass {{ from: 0/0 to: 0/0 protocol: tcp udp }}
""")
        return self.listen(name, port, "danted", "-f", conf)

    def tinyproxy(self, name, address, port, *lines):
        conf = self.folder / f"{name}.conf"
        conf.write_text("\n".join([f"Port {port}", f"Listen {address}", "Timeout 600", "MaxClients 50", "ConnectPort 7000", *lines, ""]))
        return self.listen(name, port, "tinyproxy", "-d", "-c", conf)

    def sshd(self, name, address, port):
        """An sshd of the world's that lets root in by the key that is given back."""
        for key in ("host", "user"):
            if not (self.folder / key).exists():
                run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", self.folder / key)
        conf = self.folder / f"{name}.conf"
        conf.write_text(f"""ListenAddress {address}:{port}
HostKey {self.folder}/host
AuthorizedKeysFile {self.folder}/user.pub
PermitRootLogin yes
StrictModes no
UsePAM no
PidFile none
""")
        Path("/run/sshd").mkdir(exist_ok=True)
        self.listen(name, port, "/usr/sbin/sshd", "-D", "-f", conf)
        return self.folder / "user"

    def end(self, name):
        end(self.ways[name])

    def capture(self):
        return Capture(self)


class Capture:
    """Everything that goes over every interface that is no loopback, while it is entered."""

    def __init__(self, tunnel):
        net = tunnel.net
        self.where = [(net.machine, "eth0"), (net.world, "eth0"), (net.world, "eth1"), (tunnel.server, "eth0")]
        self.folder = Path(f"/var/tmp/portreeve-capture-{net.machine}")

    def __enter__(self):
        self.folder.mkdir(exist_ok=True)
        self.running = []
        for namespace, device in self.where:
            process = subprocess.Popen(
                ["ip", "netns", "exec", namespace, "tcpdump", "-i", device, "--immediate-mode", "-U", "-s0", "-w",
                 str(self.file(namespace, device)), "-Z", "root"], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
            assert "listening on" in process.stderr.readline(), f"tcpdump in {namespace}"
            self.running.append(process)
        return self

    def __exit__(self, *exception):
        for process in self.running:
            end(process)
            process.stderr.close()

    def remove(self):
        shutil.rmtree(self.folder, ignore_errors=True)

    def file(self, namespace, device):
        return self.folder / f"{namespace}-{device}.pcap"

    def lines(self, namespace, device, *expression):
        """What was seen there, a line a packet (pcap-filter(7))."""
        return run("tcpdump", "-nn", "-r", self.file(namespace, device), *expression).stdout.splitlines()

    def bytes(self, namespace, device):
        return self.file(namespace, device).read_bytes()
