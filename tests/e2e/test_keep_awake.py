# SPDX-License-Identifier: GPL-3.0-or-later
"""[interceptor] keep_awake: the cores do not sleep while a verdict is on its way, and may as soon as none is."""
import os
import time

from harness.namespaces import HOSTS, UPSTREAM
from harness.suite import Suite

RULES = """
[[rule]]
name = "app may"
action = "allow"
process = { path = "$BIN/app" }
"""
DEVICE = "/dev/cpu_dma_latency"


def settings(keep_awake):
    return f"""
[policy]
default = "block"
[resolver]
upstreams = ["{UPSTREAM[0]}"]
[interceptor]
keep_awake = {keep_awake}
"""


def process(suite):
    return next(p for p in suite.status()["processes"] if p["name"] == "interceptor")


def kept_awake_ms(suite):
    return next(c["value"] for c in process(suite)["counters"] if c["name"] == "kept_awake_ms")


def connect_for_a_while(suite):
    address = next(iter(HOSTS.values()))[0]
    for _ in range(5):
        assert suite.probe("app", "tcp", address, 80)["ok"]


def test_cores_are_kept_awake_by_connections_and_let_go_behind_them(net):
    with Suite(net, RULES, settings=settings("true")) as suite:
        connect_for_a_while(suite)
        if not os.path.exists(DEVICE) or os.cpu_count() > 16:
            assert kept_awake_ms(suite) == 0
            return
        deadline = time.monotonic() + 10
        while kept_awake_ms(suite) < 1:
            assert time.monotonic() < deadline, suite.status()
            time.sleep(0.1)
        # Whoever asks for the status makes no new connection: nothing holds them any more.
        time.sleep(0.5)
        before = kept_awake_ms(suite)
        time.sleep(1)
        assert kept_awake_ms(suite) - before < 500


def test_where_the_setting_is_off_nothing_is_asked_of_the_kernel(net):
    with Suite(net, RULES, settings=settings("false")) as suite:
        connect_for_a_while(suite)
        time.sleep(0.5)
        assert kept_awake_ms(suite) == 0
        pid = suite.pid("interceptor")
        held = [os.readlink(f"/proc/{pid}/fd/{fd}") for fd in os.listdir(f"/proc/{pid}/fd")]
        assert DEVICE not in held, held
