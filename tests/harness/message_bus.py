# SPDX-License-Identifier: GPL-3.0-or-later
"""A real message bus of a test's own (dbus-daemon), and services on it that speak as resolved or NetworkManager do."""
import json
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from .namespaces import TESTS, end, wait_until

UIDS = 61701  # where there are no accounts of their own, the daemons have these (common/accounts.cc)
CONFIGURATION = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>system</type>
  <listen>unix:path={socket}</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow user="*"/><allow own="*"/><allow send_type="method_call"/><allow send_type="signal"/>
    <allow send_requested_reply="true" send_type="method_return"/><allow send_requested_reply="true" send_type="error"/>
    <allow receive_type="method_call"/><allow receive_type="method_return"/><allow receive_type="error"/><allow receive_type="signal"/>
  </policy>
</busconfig>
"""


class MessageBus:
    def __init__(self):
        self.folder = Path(tempfile.mkdtemp(prefix="portreeve-bus-", dir="/var/tmp"))
        self.folder.chmod(0o755)
        self.socket = self.folder / "bus"
        self.process, self.services = None, []
        users = Path("/etc/passwd").read_text() + "".join(f"daemon-{uid}:x:{uid}:{uid}::/:/bin/false\n" for uid in range(UIDS, UIDS + 20))
        (self.folder / "passwd").write_text(users)
        (self.folder / "bus.conf").write_text(CONFIGURATION.format(socket=self.socket))

    @property
    def environment(self):
        return {**os.environ, "DBUS_SYSTEM_BUS_ADDRESS": f"unix:path={self.socket}"}

    def __enter__(self):
        self.start()
        return self

    def start(self):
        self.socket.unlink(missing_ok=True)
        # It talks only to uids that it can find in /etc/passwd, as the package makes them.
        command = (f"mount --bind {self.folder}/passwd /etc/passwd && "
                   f"exec dbus-daemon --nofork --nopidfile --config-file={self.folder}/bus.conf")
        self.process = subprocess.Popen(["unshare", "--mount", "sh", "-c", command], stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_until(self.socket.exists, 10, "the bus listens")

    def stop(self):
        end(self.process)

    def __exit__(self, *exception):
        for service in self.services:
            end(service.process)
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def service(self, kind, state):
        service = Service(kind, self.environment)
        self.services.append(service)
        service.become(state)
        return service


class Service:
    """See tests/tools/bus_names.py."""

    def __init__(self, kind, environment):
        self.process = subprocess.Popen(["/usr/bin/python3", str(TESTS / "tools" / "bus_names.py"), kind], env=environment,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def become(self, state):
        self.process.stdin.write(json.dumps(state) + "\n")
        self.process.stdin.flush()
        assert self.process.stdout.readline().strip() == "ready"
