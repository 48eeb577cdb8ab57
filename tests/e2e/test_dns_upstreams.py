# SPDX-License-Identifier: GPL-3.0-or-later
"""The resolver's upstreams: plain, TLS and HTTPS, against a real unbound; outages, old answers, the command."""
import json
import os
import shutil
import signal
import time
from pathlib import Path

import pytest

from harness.namespaces import WORLD, Namespaces, run, run_tag, wait_until
from harness.suite import Suite

SERVER = WORLD[0]
NAME = "dns.world.test"
SETTINGS = """
[policy]
default = "allow"
[resolver]
upstreams = [{upstreams}]
"""


class SecureServer:
    """An unbound with a certificate of its own authority: 53 plain, 853 TLS, 443 HTTPS."""

    def __init__(self, net, folder):
        self.net = net
        self.folder = folder
        folder.mkdir()
        os.chmod(folder, 0o755)
        key, certificate = folder / "key.pem", folder / "certificate.pem"
        run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
            "-keyout", key, "-out", certificate, "-subj", f"/CN={NAME}", "-addext", f"subjectAltName=DNS:{NAME},IP:{SERVER}")
        public = run("sh", "-c", f"openssl x509 -in {certificate} -pubkey -noout | openssl pkey -pubin -outform der"
                                 " | openssl dgst -sha256 -binary | base64")
        self.pin = public.stdout.strip()
        (folder / "unbound.conf").write_text(f"""
server:
  interface: {SERVER}@5353
  interface: {SERVER}@853
  interface: {SERVER}@8443
  tls-port: 853
  https-port: 8443
  tls-service-key: "{key}"
  tls-service-pem: "{certificate}"
  access-control: 0.0.0.0/0 allow
  do-daemonize: no
  username: ""
  chroot: ""
  directory: "{folder}"
  pidfile: ""
  use-syslog: no
  local-zone: "world.test." static
  local-data: "one.world.test. 60 A 192.0.2.1"
  local-data: "brief.world.test. 1 A 192.0.2.2"
  local-data: "big.world.test. 60 TXT {'x' * 250}"
""" + "".join(f'  local-data: "many.world.test. 60 A 192.0.2.{i}"\n' for i in range(1, 200))
            + "".join(f'  local-data: "n{i}.world.test. 60 A 192.0.2.{i % 250}"\n' for i in range(1, 300)) + """
remote-control:
  control-enable: no
""")
        self.start()

    def start(self):
        self.process = self.net.start(self.net.world, "unbound", "-d", "-c", self.folder / "unbound.conf")
        wait_until(lambda: f"{SERVER}:8443" in self.net.outside("ss", "-Hltn").stdout, 10, "unbound listens")


@pytest.fixture(scope="module")
def net():
    with Namespaces(run_tag()) as namespaces:
        yield namespaces


@pytest.fixture(scope="module")
def server(net, tmp_path_factory):
    folder = Path(f"/var/tmp/portreeve-secure-{os.getpid()}")
    shutil.rmtree(folder, ignore_errors=True)
    yield SecureServer(net, folder)
    shutil.rmtree(folder, ignore_errors=True)


def guarded(net, *upstreams):
    return Suite(net, settings=SETTINGS.format(upstreams=", ".join(f'"{u}"' for u in upstreams)))


def dig(suite, *words):
    return suite.net.inside("dig", "+time=5", "+tries=1", "@127.0.0.1", *words, check=False).stdout


def lines(suite, *words):
    return [json.loads(line) for line in suite.command("dns", *words, "--json").stdout.splitlines()]


@pytest.mark.parametrize("kind", ["udp", "tcp", "tls", "https"])
def test_each_kind_of_upstream_answers_and_comes_back_after_an_outage(net, server, kind):
    upstream = {"udp": f"{SERVER}:5353", "tcp": f"tcp://{SERVER}:5353", "tls": f"tls://{SERVER}?pin={server.pin}",
                "https": f"https://{SERVER}:8443/dns-query?pin={server.pin}#{NAME}"}[kind]
    with guarded(net, upstream) as suite:
        assert dig(suite, "+short", "one.world.test").strip() == "192.0.2.1"
        assert "x" * 250 in dig(suite, "+short", "big.world.test", "TXT")
        # Too long for UDP: the client gets it over TCP, whatever the road to the upstream.
        assert len(dig(suite, "+short", "+tcp", "many.world.test").split()) == 199
        assert "status: NXDOMAIN" in dig(suite, "none.world.test")
        # Many at once on one connection.
        names = [f"n{i}.world.test" for i in range(1, 200)]
        answers = dig(suite, "+short", *names).split()
        assert answers == [f"192.0.2.{i % 250}" for i in range(1, 200)]

        assert dig(suite, "+short", "brief.world.test").strip() == "192.0.2.2"
        os.kill(server.process.pid, signal.SIGKILL)
        server.process.wait()
        time.sleep(1.5)
        # What is known from before is given, and said to be old; what is not is SERVFAIL, not "no such name".
        old = dig(suite, "brief.world.test")
        assert "192.0.2.2" in old and "Stale" in old, old
        failed = dig(suite, "n250.world.test")
        assert "status: SERVFAIL" in failed, failed
        assert SERVER in failed, failed  # the extended error names the upstream
        assert lines(suite, "upstreams")[0]["state"] == "failing"

        server.start()
        started = time.monotonic()
        wait_until(lambda: dig(suite, "+short", "n251.world.test").strip() == "192.0.2.1", 10, "names work again")
        print(f"{kind}: names work again {time.monotonic() - started:.2f} s after the server")
        wait_until(lambda: lines(suite, "upstreams")[0]["state"] == "good", 5, "the upstream is good again")
        assert any(q["name"] == "n251.world.test" and q["upstream"].startswith(f"{kind}://") for q in lines(suite, "log"))


def test_a_server_that_is_not_who_it_should_be_is_not_talked_to(net, server):
    wrong = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
    for upstream in (f"tls://{SERVER}?pin={wrong}", f"tls://{SERVER}#{NAME}", f"https://{SERVER}:8443/dns-query?pin={wrong}"):
        with guarded(net, upstream) as suite:
            answer = dig(suite, "one.world.test")
            assert "status: SERVFAIL" in answer, answer
            assert "TLS" in answer, answer


def test_a_second_upstream_helps_when_the_first_is_silent(net, server):
    with guarded(net, "10.9.0.98", f"{SERVER}:5353") as suite:
        assert dig(suite, "+short", "one.world.test").strip() == "192.0.2.1"
        assert [u["state"] for u in lines(suite, "upstreams")][1] == "good"


def test_the_command_shows_and_forgets_what_is_kept(net, server):
    with guarded(net, f"{SERVER}:5353") as suite:
        dig(suite, "one.world.test")
        dig(suite, "one.world.test")
        entry = next(e for e in lines(suite, "cache") if e["name"] == "one.world.test")
        assert entry["type"] == "A" and entry["addresses"] == ["192.0.2.1"] and 0 < entry["ttl"] <= 60
        asked = [q for q in lines(suite, "log") if q["name"] == "one.world.test"]
        assert [q["cache"] for q in asked] == ["miss", "hit"]
        assert asked[0]["program"].endswith("/dig")
        steps = suite.json("dns", "query", "one.world.test")
        assert steps["records"] == ["one.world.test. 60 A 192.0.2.1"] or "192.0.2.1" in steps["records"][0]
        assert [s["what"] for s in steps["steps"]] == ["list", "policy", "cache", "answer"]
        assert "1 answers forgotten" in suite.command("dns", "flush", "world.test").stdout
        assert not [e for e in lines(suite, "cache") if e["name"] == "one.world.test"]


def test_names_of_a_special_kind_never_leave_the_machine(net, server):
    with guarded(net, "10.9.0.98") as suite:  # nobody is there
        assert dig(suite, "+short", "localhost").strip() == "127.0.0.1"
        for name in ("some.onion", "printer.local", "x.invalid", "use-application-dns.net"):
            assert "status: NXDOMAIN" in dig(suite, name), name
        assert "status: NOERROR" in dig(suite, "_dns.resolver.arpa", "SVCB")
        assert "RFC8482" in dig(suite, "one.world.test", "ANY")
