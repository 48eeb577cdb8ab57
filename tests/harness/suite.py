# SPDX-License-Identifier: GPL-3.0-or-later
"""The suite itself, as an administrator without systemd runs it: `portreeve up` in the machine."""
import json
import os
import re
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from pathlib import Path

from .namespaces import UPSTREAM, end, run, wait_until

REPOSITORY = Path(__file__).resolve().parent.parent.parent
BUILD = Path(os.environ.get("PORTREEVE_BUILD", REPOSITORY / "build"))
COMMAND = Path(os.environ.get("PORTREEVE_COMMAND", BUILD / "cli" / "portreeve"))
PROBE = Path(os.environ.get("PORTREEVE_PROBE", BUILD / "tests" / "probe"))

SETTINGS = f"""
[policy]
default = "{{default}}"
[resolver]
upstreams = ["{UPSTREAM[0]}"]
"""


DAEMONS = ["interceptor", "keeper", "attributor", "reader", "policy", "resolver", "gateway", "historian", "gate"]


class Suite:
    """Starts on entering, is taken down on leaving. Its files are in a folder of its own."""

    def __init__(self, namespaces, rules="", default="block", settings=None, folder=None):
        self.net = namespaces
        self.folder = Path(folder or tempfile.mkdtemp(prefix="portreeve-", dir="/var/tmp"))
        if folder:
            shutil.rmtree(folder, ignore_errors=True)
            self.folder.mkdir()
        os.chmod(self.folder, 0o755)
        self.config = self.folder / "config"
        self.state = self.folder / "state"
        self.runtime = self.folder / "run"
        self.programs = self.folder / "bin"
        (self.config / "rules.d").mkdir(parents=True)
        self.programs.mkdir()
        (self.config / "portreeve.toml").write_text(settings or SETTINGS.format(default=default))
        self.write_rules(rules)
        self.within = []  # a command that `up` is started by: nsenter(1) into another mount namespace
        self.process = None
        self.log = self.folder / "up.log"

    # -- life ------------------------------------------------------------------------------------

    def __enter__(self):
        return self.start()

    def __exit__(self, *exception):
        self.stop()
        self.command("down", check=False)
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def environment(self):
        return {**os.environ, "CONFIGURATION_DIRECTORY": str(self.config), "STATE_DIRECTORY": str(self.state),
                "RUNTIME_DIRECTORY": str(self.runtime), "NO_COLOR": "1"}

    def start(self, *options, wait=True):
        self.events = ConntrackEvents(self.net)
        with open(self.log, "w") as log:
            self.process = subprocess.Popen(
                [*self.within, "ip", "netns", "exec", self.net.machine, str(COMMAND), "up", *options], env=self.environment,
                stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, start_new_session=True)
        if wait:
            wait_until(lambda: self.ready() or self.process.poll() is not None, 40, lambda: "ready\n" + self.output())
            assert self.ready(), f"portreeve up ended with {self.process.poll()}:\n{self.output()}"
        return self

    def ready(self):
        return "ready" in self.output().splitlines()

    def output(self):
        return self.log.read_text() if self.log.exists() else ""

    def stop(self):
        if self.process:
            end(self.process, 15)
            end(self.events.process)

    # -- the command -----------------------------------------------------------------------------

    def command(self, *words, check=True, **more):
        return run("ip", "netns", "exec", self.net.machine, COMMAND, *words, check=check, env=self.environment, **more)

    def json(self, *words, **more):
        return json.loads(self.command(*words, "--json", **more).stdout)

    def status(self):
        return json.loads(self.command("status", "--json", check=False).stdout)

    def connections(self, **wanted):
        """Newest last; only those whose fields are as wanted (program: file name of the process)."""
        program = wanted.pop("program", None)
        lines = self.command("connections", "--json").stdout.splitlines()
        rows = [json.loads(line) for line in lines if line.strip()]
        return [r for r in rows if (program is None or Path(r["process"]["path"]).name == program)
                and all(r[k] == v for k, v in wanted.items())]

    def pid(self, name):
        return next(p["pid"] for p in self.status()["processes"] if p["name"] == name)

    def kill(self, name, number=signal.SIGKILL):
        pid = self.pid(name)
        assert pid > 1, f"{name} has no pid: {self.status()}"
        os.kill(pid, number)
        return pid

    def wait_enforcing(self, seconds=15):
        wait_until(lambda: self.status().get("state") == "enforcing", seconds,
                   lambda: f"enforcing; status {json.dumps(self.status(), indent=1)}\n{self.output()}")

    # -- rules and programs ----------------------------------------------------------------------

    def write_rules(self, text, name="50-test.toml"):
        """In force once policy has noticed; `reload` waits for that."""
        target = self.config / "rules.d" / name
        temporary = self.config / f".{name}"
        temporary.write_text(text.replace("$BIN", str(self.programs)))
        temporary.rename(target)

    def rules(self, text, name="50-test.toml"):
        self.write_rules(text, name)
        return self.command("rule", "reload", check=False)

    def program(self, name):
        """A copy of the probe under a name of its own."""
        path = self.programs / name
        if not path.exists():
            shutil.copy(PROBE, path)
            path.chmod(0o755)
        return path

    def probe(self, name, *words, user=None, namespace=None, timeout=30):
        """Run the copy of the probe called `name` on the machine; its answer as a dictionary."""
        prefix = ["setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups"] if user is not None else []
        done = run("ip", "netns", "exec", namespace or self.net.machine, *prefix, self.program(name), *words,
                   check=False, timeout=timeout)
        assert done.stdout.strip(), f"{name} {words} said nothing: {done.stderr}"
        return json.loads(done.stdout.splitlines()[-1])

    def hold(self, name, *words, namespace=None):
        """Start the probe with --hold: a connection that stays open; see Held."""
        process = subprocess.Popen(
            ["ip", "netns", "exec", namespace or self.net.machine, str(self.program(name)), *map(str, words), "--hold"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.net.processes.append(process)
        return Held(process)

    # -- the kernel's side -------------------------------------------------------------------------

    def conntrack(self, *words):
        """Lines of `conntrack -L` on the machine."""
        return self.net.inside("conntrack", "-L", *words, check=False).stdout.splitlines()

    def mark_of(self, destination, port=None, protocol="tcp"):
        """The connmark of the newest entry to that destination; 0 where it has none, None without entry.

        A UDP socket's entry goes with the socket, so an entry that has just gone counts as well."""
        family = "ipv6" if ":" in destination else "ipv4"
        words = ["-f", family, "-p", protocol, "-d", destination, *(["--dport", str(port)] if port else [])]
        told = self.events.of_newest(destination, port, protocol)
        source = re.search(r"\b(sport|id)=(\d+)", told[0]) if told else None
        lines = [line for line in self.conntrack(*words) if source is None or f"{source[0]} " in line] or told
        mark = re.search(r"\bmark=(\d+)", lines[0]) if lines else None
        return int(mark[1]) if mark else 0 if lines else None

    def queued(self):
        """Packets handed to user space so far, by queue: the kernel's own count."""
        text = self.net.inside("cat", "/proc/net/netfilter/nfnetlink_queue").stdout
        return {int(f[0]): int(f[7]) for f in (line.split() for line in text.splitlines())}


class ConntrackEvents:
    """What the kernel says of conntrack entries of a machine, as it happens (`conntrack -E`)."""

    def __init__(self, namespaces):
        self.seen = []
        self.process = namespaces.start(namespaces.machine, "conntrack", "-E", "-e", "NEW,UPDATE", "-b", 8 << 20)
        threading.Thread(target=self.read, args=(self.process.stdout,), daemon=True).start()

    def read(self, stream):
        for line in stream:
            self.seen.append((time.monotonic(), line))

    def of_newest(self, destination, port, protocol, seconds=10):
        """Newest first: what was told within the last seconds of the entry to that destination that came last."""
        time.sleep(0.1)  # what has happened has been read by now
        start = time.monotonic() - seconds
        pattern = re.compile(rf"\] {protocol}\s.*?\bdst={re.escape(destination)} "
                             + (rf"(sport=\d+) dport={port}\b" if port else ".*?(id=\\d+)"))
        found = [(match[1], line) for when, line in reversed(self.seen) if when > start and (match := pattern.search(line))]
        newest = next((source for source, line in found if "[NEW]" in line), None)
        return [line for source, line in found if source == newest]


class Held:
    """A probe that keeps its connection open."""

    def __init__(self, process):
        self.process = process
        self.first = json.loads(process.stdout.readline())

    def say(self, text="more"):
        self.process.stdin.write(text + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def close(self):
        self.process.stdin.close()
        self.process.wait(5)
