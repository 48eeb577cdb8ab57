# SPDX-License-Identifier: GPL-3.0-or-later
"""IPv6 is switched on while the suite runs."""
from harness.namespaces import wait_until
from harness.suite import Suite
from harness.traffic import Asked

RULES = """
[[rule]]
name = "app may"
action = "allow"
process = { path = "$BIN/app" }
"""


def test_ipv6_that_appears_later_is_guarded_from_its_first_packet(net):
    net.inside("sysctl", "-qw", "net.ipv6.conf.all.disable_ipv6=1")
    try:
        with Suite(net, RULES) as suite:
            suite.wait_enforcing()
            assert suite.probe("app", "tcp", "10.9.0.13", 7000)["ok"]
            capture = Asked(net, net.world, "capture.py", "fd09::12")
            spray = Asked(net, net.machine, "spray.py", "--rest", "4", "fd09::12")
            net.inside("sysctl", "-qw", "net.ipv6.conf.all.disable_ipv6=0")
            net.inside("ip", "addr", "add", "fd09::1/64", "dev", "eth0", "nodad")
            wait_until(lambda: suite.probe("app", "tcp", "fd09::13", 7000, "--timeout", 1)["ok"], 10, "IPv6 works")
            assert suite.probe("intruder", "tcp", "fd09::13", 7000)["error"] == "EACCES"
            assert spray.ask() > 20  # it does send
            spray.end()
            seen = capture.ask()
            capture.end()
            assert seen["fd09::12"] == 0 and seen["dropped"] == 0, seen
    finally:
        net.inside("sysctl", "-qw", "net.ipv6.conf.all.disable_ipv6=0")
        net.inside("ip", "addr", "add", "fd09::1/64", "dev", "eth0", "nodad", check=False)
        net.inside("ip", "-6", "route", "add", "default", "via", "fd09::2", check=False)
