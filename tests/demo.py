# SPDX-License-Identifier: GPL-3.0-or-later
"""The main job on real traffic: what ./run shows. Exit 0 only if all that was observed is what the rules say."""
import argparse
import os
import re
import shutil
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from harness.namespaces import HOSTS, STRAY, Namespaces  # noqa: E402
from harness.suite import COMMAND, Suite  # noqa: E402

TAG = "demo"
FOLDER = "/var/tmp/portreeve-demo"

RULES = """\
# What the demonstration's programs may do. First match decides; no match: blocked.

[[rule]]
name    = "browser may read allowed.test"
action  = "allow"
process = { path = "$BIN/browser" }
domain  = ".allowed.test"
port    = [80, 443]

[[rule]]
name    = "telemetry is refused"
action  = "block"
process = { path = "$BIN/telemetry" }

[[rule]]
name    = "scanner is dropped"
action  = "drop"
process = { path = "$BIN/scanner" }

[[rule]]
name     = "chat may use UDP"
action   = "allow"
process  = { path = "$BIN/chat" }
protocol = "udp"

[[rule]]
name     = "root may ping"
action   = "allow"
process  = { name = "ping" }
user     = "root"
protocol = ["icmp", "icmpv6"]

[[rule]]
name    = "lookup may ask for names"
action  = "allow"
process = { name = "dig" }

[[rule]]
name      = "the web server is public"
action    = "allow"
direction = "in"
process   = { path = "$BIN/webserver" }
port      = 8080
"""

NEEDED = {"ip": "iproute2", "dnsmasq": "dnsmasq-base", "dig": "dnsutils", "ping": "iputils-ping", "conntrack": "conntrack"}
COLUMNS = ("case", "program", "process found", "name", "verdict", "rule", "mark", "time", "")


class Demonstration:
    """Runs each case, remembers a row for the table and whether it was as the rules say."""

    def __init__(self, suite):
        self.suite = suite
        self.rows = []
        self.wrong = []

    def check(self, case, program, seen, expected, found):
        """`expected` and `seen`: fields to compare; `found`: the connection as the suite tells it."""
        process = found.get("process", {})
        verdict = found.get("verdict", {})
        wrong = [f"{case}: {k} is {seen.get(k)!r}, the rules say {v!r}" for k, v in expected.items() if seen.get(k) != v]
        self.wrong += wrong
        self.rows.append((case, program, f"{Path(process.get('path', '')).name} pid {process.get('pid', '?')}",
                          found.get("domain", ""), verdict.get("action", ""), verdict.get("rule", "") or "(default)",
                          str(seen.get("mark") if seen.get("mark") is not None else "no entry"), seen.get("time", ""),
                          "as ruled" if not wrong else "WRONG"))

    def connection(self, **wanted):
        rows = self.suite.connections(**wanted)
        return rows[-1] if rows else {}

    def outgoing(self, case, program, protocol, host, port, family, *options, expected):
        seen = self.suite.probe(program, protocol, host, port, "--family", family, *options)
        found = self.connection(program=program, protocol=protocol)
        target = seen["address"]
        self.check(case, program, {
            "ok": seen["ok"], "error": seen["error"], "time": f"{seen['us'] / 1000:.1f} ms",
            "at once": seen["us"] < 500_000, "mark": self.suite.mark_of(target, port, protocol),
            "action": found.get("verdict", {}).get("action"), "found": Path(found.get("process", {}).get("path", "")).name,
        }, {**expected, "found": program}, found)

    def ping(self, family):
        target = HOSTS["www.other.test"][0 if family == 4 else 1]
        done = self.suite.net.inside("ping", f"-{family}", "-c1", "-W2", target, check=False)
        time = re.search(r"time=([\d.]+) ms", done.stdout)
        protocol = "icmp" if family == 4 else "icmpv6"
        found = next((r for r in reversed(self.suite.connections(protocol=protocol))
                      if r["remote"]["address"] == target), {})
        self.check(f"ping, IPv{family}", "ping", {
            "ok": done.returncode == 0, "time": f"{time[1]} ms" if time else "",
            "mark": self.suite.mark_of(target, None, protocol), "action": found.get("verdict", {}).get("action"),
        }, {"ok": True, "mark": 1710, "action": "allow"}, found)

    def stray_name(self, server, transport):
        done = self.suite.net.inside("dig", "+time=3", "+tries=1", f"@{server}", transport, "www.allowed.test", "A", check=False)
        address = next((line.split()[-1] for line in done.stdout.splitlines() if re.match(r"www\.allowed\.test\.\s+\d", line)), "")
        time = re.search(r"Query time: (\d+) msec", done.stdout)
        protocol = "tcp" if transport == "+tcp" else "udp"
        found = next((r for r in reversed(self.suite.connections(protocol=protocol))
                      if r["remote"] == {"address": server, "port": 53}), {})
        self.check(f"name asked of stray {server}, {protocol.upper()}", "dig", {
            "answer": address, "mark": self.suite.mark_of(server, 53, protocol), "time": f"{time[1]} ms" if time else "",
            "action": found.get("verdict", {}).get("action"),
        }, {"answer": HOSTS["www.allowed.test"][0], "mark": 1799, "action": "nameserver"}, found)

    def inbound(self, case, program, address, port, ok):
        seen = self.suite.probe("visitor", "tcp", address, port, namespace=self.suite.net.world)
        found = self.connection(program=program, direction="in")
        self.check(case, program, {
            "ok": seen["ok"], "time": f"{seen['us'] / 1000:.1f} ms", "at once": seen["us"] < 500_000,
            "mark": self.suite.mark_of(address, port), "action": found.get("verdict", {}).get("action"),
        }, {"ok": ok, "action": "allow" if ok else "block", "at once": True, **({"mark": 1710} if ok else {})}, found)

    def table(self):
        rows = [COLUMNS, *self.rows]
        widths = [max(len(r[i]) for r in rows) for i in range(len(COLUMNS))]
        for number, row in enumerate(rows):
            print("  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip())
            if number == 0:
                print("  ".join("-" * width for width in widths))


def listener(suite, name, port):
    """A program that listens on `port`, both families."""
    path = suite.programs / name
    shutil.copy(os.path.realpath("/usr/bin/python3"), path)
    code = ("import socket\n"
            f"s=socket.create_server(('', {port}), family=socket.AF_INET6, dualstack_ipv6=True)\n"
            "print('ready',flush=True)\n"
            "while True:\n"
            "    c,_=s.accept(); c.sendall(b'welcome\\n'); c.close()\n")
    process = suite.net.start(suite.net.machine, path, "-c", code)
    assert process.stdout.readline().strip() == "ready", f"{name} does not listen"


def show(suite):
    demonstration = Demonstration(suite)
    allowed = {"ok": True, "mark": 1710, "action": "allow"}
    for family in (4, 6):
        demonstration.outgoing(f"allowed by name, IPv{family}", "browser", "tcp", "www.allowed.test", 80, family, expected=allowed)
    for family, error in ((4, "EHOSTUNREACH"), (6, "EACCES")):
        demonstration.outgoing(f"refused, IPv{family}", "telemetry", "tcp", HOSTS["www.blocked.test"][family // 6], 80, family,
                               expected={"ok": False, "error": error, "at once": True, "action": "block"})
    for family in (4, 6):
        demonstration.outgoing(f"dropped, IPv{family}", "scanner", "tcp", HOSTS["www.dropped.test"][family // 6], 80, family,
                               "--timeout", 1.5, expected={"ok": False, "error": "ETIMEDOUT", "action": "drop"})
    demonstration.outgoing("no rule: the default", "stranger", "tcp", HOSTS["www.other.test"][0], 80, 4,
                           expected={"ok": False, "error": "EHOSTUNREACH", "action": "block"})
    for family in (4, 6):
        demonstration.outgoing(f"UDP, IPv{family}", "chat", "udp", HOSTS["www.other.test"][family // 6], 7000, family, expected=allowed)
    for family in (4, 6):
        demonstration.ping(family)
    for server in STRAY:
        for transport in ("+notcp", "+tcp"):
            demonstration.stray_name(server, transport)
    listener(suite, "webserver", 8080)
    listener(suite, "debugserver", 9090)
    for address, family in (("10.9.0.1", 4), ("fd09::1", 6)):
        demonstration.inbound(f"from outside, allowed, IPv{family}", "webserver", address, 8080, True)
        demonstration.inbound(f"from outside, forbidden, IPv{family}", "debugserver", address, 9090, False)
    demonstration.table()
    print()
    if demonstration.wrong:
        print("\n".join(demonstration.wrong))
        print("\nnot all that was observed is what the rules say")
        return 1
    print(f"all {len(demonstration.rows)} observations are what the rules say; "
          f"status: {suite.status()['state']}")
    return 0


def how_to_look_around(suite):
    settings = " ".join(f"{k}={suite.environment[k]}" for k in
                        ("CONFIGURATION_DIRECTORY", "STATE_DIRECTORY", "RUNTIME_DIRECTORY"))
    enter = f"ip netns exec {suite.net.machine}"
    print(f"""
The suite goes on running in the network namespace {suite.net.machine}. Look around:

  {enter} env {settings} bash
      a shell inside; there: {COMMAND} status | connections --follow | rule list | ui
  rules: {suite.config}/rules.d/50-test.toml (edit it and see what happens)
  programs to try: {suite.programs}/browser tcp www.allowed.test 80
  the page on :817, from outside the namespace:
      {enter} env {settings} {COMMAND} ui
      prints a link; open it in a browser started inside: {enter} chromium --no-sandbox LINK

Everything is taken down by the next demonstration, or by hand:
  {enter} env {settings} {COMMAND} down""")


def main():
    options = argparse.ArgumentParser(prog="portreeve demo", description="the main job on real traffic")
    options.add_argument("--stay", action="store_true", help="leave namespaces and suite up until Ctrl-C")
    stay = options.parse_args().stay
    missing = [package for program, package in NEEDED.items() if not shutil.which(program)]
    if missing:
        sys.exit(f"portreeve: the demonstration needs programs that are not here: apt install {' '.join(missing)}")
    net = Namespaces(TAG).__enter__()  # also ends what an earlier --stay left
    suite = None
    try:
        suite = Suite(net, RULES, folder=FOLDER).start()
        print(f"\nportreeve guards the namespace {net.machine}: default block, {RULES.count('[[rule]]')} rules "
              "of the demonstration and the built-in ones\n")
        code = show(suite)
        if stay:
            how_to_look_around(suite)
            sys.stdout.flush()
            os._exit(code)  # without taking down what is to stay
        return code
    finally:
        if suite:
            suite.__exit__()
        net.__exit__()


if __name__ == "__main__":
    sys.exit(main())
