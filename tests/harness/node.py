# SPDX-License-Identifier: GPL-3.0-or-later
"""Gate17 nodes for tests: keys, and a node that runs in one of the namespaces."""
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
    def __init__(self, tunnel, name, namespace, address, client, exits='["internet", "lan"]', elsewhere=None):
        self.tunnel, self.name, self.namespace = tunnel, name, namespace
        self.folder = tunnel.folder / name
        self.folder.mkdir()
        self.key = keygen(self.folder / "key")
        (self.folder / "portreeve.toml").write_text(f"""
[node]
listen = ["{address}:17", "{elsewhere or address}:443"]
key = "{self.folder}/key"
exit = {exits}
[[node.client]]
name = "machine"
key = "{client}"
""")
        self.start()

    def start(self):
        self.process = self.tunnel.listen(self.name, 17, "env", f"CONFIGURATION_DIRECTORY={self.folder}", GATE, "--node",
                                          namespace=self.namespace)

    def end(self):
        self.tunnel.end(self.name)
