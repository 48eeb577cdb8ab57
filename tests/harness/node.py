# SPDX-License-Identifier: GPL-3.0-or-later
"""Gate17 nodes for tests: keys, and a node that runs in one of the namespaces."""
import json
import os
import re

from .namespaces import run
from .suite import BUILD, COMMAND

GATE = BUILD / "gate17" / "portreeve-gate"


def keygen(path):
    """Makes the private key, gives the public one."""
    public = run(COMMAND, "gate", "keygen", path).stdout.strip()
    assert re.fullmatch(r"[A-Za-z0-9+/]{43}=", public) and path.stat().st_mode & 0o777 == 0o600
    return public


class Node:
    """Listens on port 17 of its address, and on what is named besides ("ADDRESS:PORT")."""

    def __init__(self, tunnel, name, namespace, address, client, exits=("internet", "lan"), also=()):
        self.tunnel, self.name, self.namespace, self.address = tunnel, name, namespace, address
        self.folder = tunnel.folder / name
        self.folder.mkdir()
        self.folder.chmod(0o755)  # its socket for RPC is there
        self.key = keygen(self.folder / "key")
        (self.folder / "portreeve.toml").write_text(f"""
[node]
listen = {json.dumps([f"{address}:17", *also])}
key = "{self.folder}/key"
exit = {json.dumps(list(exits))}
[[node.client]]
name = "machine"
key = "{client}"
""")
        self.start()

    @property
    def environment(self):
        return {**os.environ, "CONFIGURATION_DIRECTORY": str(self.folder), "RUNTIME_DIRECTORY": str(self.folder), "NO_COLOR": "1"}

    def start(self):
        self.process = self.tunnel.listen(self.name, 17, GATE, "--node", namespace=self.namespace, env=self.environment)

    def way(self, own, server=None):
        """The lines of a [[gate.way]] that leads here, for whoever has that private key."""
        return f'type = "gate17"\nserver = "{server or f"{self.address}:17"}"\nkey = "{self.key}"\nown_key = "{own}"\n'

    def command(self, *words, **more):
        """On the node's machine."""
        return run("ip", "netns", "exec", self.namespace, COMMAND, *words, env=self.environment, **more)

    def status(self):
        return json.loads(self.command("gate", "status", "--json").stdout)

    def client(self):
        return self.status()["clients"][0]

    def end(self):
        self.tunnel.end(self.name)
