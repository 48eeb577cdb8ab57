# SPDX-License-Identifier: GPL-3.0-or-later
"""A machine at work, for the pages to show: programs, names, rules, and a past of some days."""
import random
import shutil
import sqlite3
import time
from contextlib import contextmanager
from pathlib import Path

from harness import mmdb
from harness.namespaces import HOSTS, WORLD, wait_until

NAMES = ("10.9.0.60", "fd09::60")  # the server that knows the names below
READ, MAIL, BAD, OTHER = (pair for pair in HOSTS.values())
KNOWN = {
    "news.example.org": READ, "static.news.example.org": READ, "mail.example.net": MAIL, "sync.example.net": MAIL,
    "exit.example.net": WORLD, "updates.example.com": OTHER, "chat.example.org": OTHER, "telemetry.vendor.example": BAD, "ads.tracker.example": BAD,
}
HERE = Path(__file__).resolve().parent
FETCHERS = ["fetcher", "fetch-more"]
PAGES_PORT = 8080
PROGRAMS = ["browser", "mail", "chat", "sync", "updater", "telemetry", "scanner", "backup", "private"]

SETTINGS = f"""
[policy]
default = "allow"
[profile.home]
when = [{{ gateway = "02:00:5e:10:00:01" }}]
[profile.strict]
default = "block"
[resolver]
upstreams = ["{NAMES[0]}"]
[[gate.way]]
name = "home"
type = "socks5"
server = "exit.example.net:1080"
[[gate.way]]
name = "office"
type = "http"
server = "{WORLD[0]}:1"
"""

RULES = """\
[[rule]]
name    = "browser reads the news"
action  = "allow"
process = { path = "$BIN/browser" }
domain  = ".example.org"
port    = [80, 443]

[[rule]]
name    = "telemetry is refused"
action  = "block"
process = { path = "$BIN/telemetry" }

[[rule]]
name    = "no port scans"
action  = "drop"
process = { path = "$BIN/scanner" }
scope   = "lan"

[[rule]]
name    = "ask about fetchers"
action  = "ask"
process = { path = "$BIN/fetch*" }

[[rule]]
name    = "private goes through Gate17"
action  = "gate17"
way     = "home"
process = { path = "$BIN/private" }

[[rule]]
name    = "backups stay at home"
action  = "block"
process = { path = "$BIN/backup" }
not     = { scope = ["lan", "localhost"] }
"""

USER_RULES = """\
[[rule]]
name   = "no advertising"
action = "block"
domain = ".tracker.example"
port   = [80, 443]
"""

# Who connects where, and how often.
VISITS = [
    ("browser", "tcp", "news.example.org", 443, 9), ("browser", "tcp", "static.news.example.org", 443, 6),
    ("browser", "tcp", "ads.tracker.example", 443, 3), ("mail", "tcp", "mail.example.net", 443, 4),
    ("sync", "tcp", "sync.example.net", 443, 3), ("chat", "udp", "chat.example.org", 7000, 4),
    ("updater", "tcp", "updates.example.com", 80, 1), ("backup", "tcp", OTHER[0], 7000, 1),
    ("private", "tcp", OTHER[0], 443, 2),
]


def serve_names(net):
    net._addresses(net.world, [NAMES])
    net._dnsmasq(NAMES, *[f"--host-record={name},{v4},{v6}" for name, (v4, v6) in KNOWN.items()])


def serve_pages(suite):
    """Something for a real curl to fetch, under names that are asked about: fetcher and fetch-more."""
    for name in FETCHERS:
        shutil.copy("/usr/bin/curl", suite.programs / name)
    suite.net.start(suite.net.world, "python3", "-m", "http.server", PAGES_PORT, "--directory", HERE, "--bind", "::")


def know_networks(suite):
    """Databases that know the country and the network of the servers with the news and the mail, and of no other."""
    countries, numbers = suite.config / "country.mmdb", suite.config / "asn.mmdb"
    mmdb.write(countries, {address: {"country": {"iso_code": code}} for pair, code in ((READ, "NZ"), (MAIL, "IS")) for address in pair})
    mmdb.write(numbers, {address: {"autonomous_system_number": number, "autonomous_system_organization": name}
                         for pair, number, name in ((READ, 64496, "Example Net"), (MAIL, 64497, "Post Example")) for address in pair})
    suite.rules(f'[databases]\ncountry = "{countries}"\nasn = "{numbers}"\n', "40-databases.toml")


@contextmanager
def far_end(net):
    """The server of the way "home", which knows the names as well: Gate17 has them looked up there."""
    files = Path(f"/etc/netns/{net.world}")
    files.mkdir(parents=True, exist_ok=True)
    (files / "hosts").write_text("".join(f"{address} {name}\n" for name, pair in KNOWN.items() for address in pair))
    (files / "nsswitch.conf").write_text("hosts: files\n")
    try:
        net.start(net.world, "microsocks", "-i", "::", "-p", 1080)
        yield
    finally:
        shutil.rmtree(files)


def play(suite):
    """Makes the traffic, waits until all of it is recorded, and spreads its like over the past days."""
    chance = random.Random(17)
    for program, protocol, host, port, often in VISITS:
        for _ in range(often):
            suite.probe(program, protocol, host, port)
    for _ in range(3):
        suite.probe("telemetry", "tcp", BAD[0], 443)
    suite.probe("scanner", "tcp", BAD[0], 7000, "--timeout", "0.2")
    suite.net.inside("curl", "-s", "--max-time", "2", "http://news.example.org/", check=False)
    recorded = suite.state / "history" / "history.db"
    wait_until(lambda: rows_in(recorded) >= sum(often for *_, often in VISITS), 20, "the connections are recorded")
    spread(recorded, chance)


def rows_in(database):
    try:
        with sqlite3.connect(f"file:{database}?mode=ro", uri=True, timeout=5) as db:
            return db.execute("SELECT count(*) FROM connection").fetchone()[0]
    except sqlite3.OperationalError:
        return 0


def multiply(database, wanted):
    """What was recorded as often as it takes to have that many connections, all of them more than a week ago."""
    with sqlite3.connect(database, timeout=30) as db:
        columns = [row[1] for row in db.execute("PRAGMA table_info(connection)")]
        rest = ", ".join(f"o.{column}" for column in columns if column not in ("id", "started", "ended"))
        names = ", ".join(column for column in columns if column not in ("id", "started", "ended"))
        first = db.execute("SELECT max(id) FROM connection").fetchone()[0]
        rows = db.execute("SELECT count(*) FROM connection").fetchone()[0]
        assert first > 10_000_000 + wanted and rows > 0, (first, rows)
        db.execute(f"""WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
            INSERT INTO connection(id, started, ended, {names})
            SELECT 10000000 + n.i, o.started - 691200000 - n.i * 10, o.started - 691200000 - n.i * 10 + 50, {rest}
            FROM n JOIN (SELECT *, row_number() OVER () AS r FROM connection) o ON o.r = n.i % ? + 1""", (wanted, rows))


def spread(database, chance, days=6, most=None):
    """What was recorded again and again, at other times: more by day than by night."""
    with sqlite3.connect(database, timeout=20) as db:
        columns = [row[1] for row in db.execute("PRAGMA table_info(connection)")]
        rows = [dict(zip(columns, row)) for row in db.execute("SELECT * FROM connection")]
        number, now = 1, int(time.time() * 1000)
        made = []
        for hour in range(2, days * 24):
            busy = 1.0 if 7 <= time.localtime(time.time() - hour * 3600).tm_hour <= 22 else 0.15
            for row in rows:
                if chance.random() > busy * chance.uniform(0.2, 1.0):
                    continue
                begun = now - hour * 3_600_000 + chance.randrange(3_600_000)
                size = chance.choice((0.4, 1, 3, 12))
                made.append([{**row, "id": number, "started": begun, "ended": begun + chance.randrange(20, 90_000),
                              "bytes_in": int(row["bytes_in"] * size), "bytes_out": int(row["bytes_out"] * size)}[column] for column in columns])
                number += 1
        db.executemany(f"INSERT OR IGNORE INTO connection VALUES({','.join('?' * len(columns))})", made[:most])
    return number
