# SPDX-License-Identifier: GPL-3.0-or-later
"""What holds at home need not hold elsewhere: profiles come into force by the network, or by hand."""
import json

import pytest

from harness.namespaces import UPSTREAM, WORLD, run, wait_until
from harness.suite import Suite

TARGET = ("app", "tcp", "10.9.0.13", 7000)


def mac_of_router(net):
    link = json.loads(run("ip", "-n", net.world, "-j", "link", "show", "eth0").stdout)
    return link[0]["address"]


def settings(net):
    return f"""
[policy]
default = "block"
[resolver]
upstreams = ["{UPSTREAM[0]}"]
[profile.tunnel]
when = [{{ interface = "wg-test" }}]
[profile.home]
when = [{{ gateway = "{mac_of_router(net)}", vpn = false }}]
default = "allow"
[profile.quiet]
default = "drop"
"""


@pytest.fixture(scope="module")
def traveller(net):
    net.inside("ping", "-c1", WORLD[0])
    with Suite(net, settings=settings(net)) as suite:
        yield suite


@pytest.fixture
def home(net, traveller):
    """The machine is at home when a test begins."""
    net.inside("ip", "link", "del", "wg-test", check=False)
    net.inside("ip", "route", "replace", "default", "via", WORLD[0])
    net.inside("ip", "-6", "route", "replace", "default", "via", WORLD[1])
    traveller.rules("")
    traveller.command("profile", "use", "auto")
    wait_for(traveller, "home")
    yield traveller


def leave(net):
    net.inside("ip", "route", "del", "default")
    net.inside("ip", "-6", "route", "del", "default")


def profile(suite):
    return suite.json("profile", "list")


def wait_for(suite, name):
    wait_until(lambda: profile(suite)["in_force"] == name, 10, lambda: f"profile {name!r}: {profile(suite)}")


def test_the_gateway_brings_the_profile_and_with_it_its_default(net, home):
    assert home.probe(*TARGET)["ok"]
    assert home.status()["rules"]["profile"] == "home" and home.status()["rules"]["default"] == "allow"
    last = home.connections(program="app")[-1]
    assert last["verdict"]["reason"] == "no rule matches: profile.home.default", last
    leave(net)
    wait_for(home, "")
    assert home.probe(*TARGET)["error"] == "EHOSTUNREACH"
    net.inside("ip", "route", "add", "default", "via", WORLD[0])
    net.inside("ip", "-6", "route", "add", "default", "via", WORLD[1])
    wait_for(home, "home")
    assert home.probe(*TARGET)["ok"]
    said = [c["what"] for c in map(json.loads, home.command("changes", "--json").stdout.splitlines())]
    assert sum('profile "home" is in force (by the network: gateway' in what for what in said) == 2, said


def test_an_interface_that_comes_up_brings_its_profile_and_open_connections_are_judged_again(net, home):
    held = home.hold(*TARGET)
    assert held.say()["ok"]
    net.inside("ip", "link", "add", "wg-test", "up", "type", "veth", "peer", "name", "wg-far")
    net.inside("ip", "link", "set", "wg-far", "up")
    wait_for(home, "tunnel")
    assert not held.say()["ok"]
    held.close()
    net.inside("ip", "link", "set", "wg-test", "down")
    wait_for(home, "home")


def test_a_rule_of_a_profile_holds_while_that_is_in_force(net, home):
    home.rules('profile = "tunnel"\n[[rule]]\nname = "in the tunnel"\naction = "allow"\nprocess = { path = "$BIN/app" }\n'
               '[[rule]]\nname = "with the tunnel up"\naction = "allow"\nnetwork = "tunnel"\n')
    rules = [json.loads(line) for line in home.command("rules", "--json").stdout.splitlines()]
    assert [r["profile"] for r in rules if r["name"] == "in the tunnel"] == ["tunnel"]
    net.inside("ip", "link", "add", "wg-test", "up", "type", "veth", "peer", "name", "wg-far")
    net.inside("ip", "link", "set", "wg-far", "up")
    wait_for(home, "tunnel")
    assert home.probe(*TARGET)["ok"]
    assert home.connections(program="app")[-1]["verdict"]["rule"] == "in the tunnel"
    bad = home.rules('[[rule]]\nname = "x"\naction = "allow"\nprofile = "tunel"\n')
    assert bad.returncode == 1 and 'did you mean "tunnel"?' in bad.stderr, bad


def test_a_profile_is_chosen_by_hand_confirmed_undone_and_given_back_to_the_network(net, home):
    refused = home.command("profile", "use", "hom", check=False)
    assert refused.returncode == 1 and 'did you mean "home"?' in refused.stderr, refused
    home.command("profile", "use", "quiet", "--confirm", 2)
    assert profile(home)["in_force"] == "quiet" and profile(home)["chosen"] == "quiet"
    assert not home.probe(*TARGET, "--timeout", 1)["ok"]
    wait_for(home, "home")
    home.command("profile", "use", "quiet", "--confirm", 0)
    home.kill("policy")
    home.wait_enforcing()
    assert profile(home)["in_force"] == "quiet"
    home.command("undo")
    assert profile(home)["chosen"] == "auto" and profile(home)["in_force"] == "home"
    assert home.probe(*TARGET)["ok"]


def test_policy_that_comes_back_is_told_where_the_machine_is(net, home):
    held = home.hold(*TARGET)
    assert held.say()["ok"]
    home.kill("policy")
    home.wait_enforcing()
    assert profile(home)["in_force"] == "home" and profile(home)["known"]
    assert held.say()["ok"]
    held.close()
    home.kill("resolver")
    home.wait_enforcing()
    leave(net)
    wait_for(home, "")


def test_the_past_is_replayed_under_another_profile(home):
    assert home.probe(*TARGET)["ok"]
    wait_until(lambda: home.command("history", "--program", "app", "--since", "1h", "--json").stdout.strip(), 10, "it is recorded")

    def would_be(*words):
        changes = home.json("replay", "--since", "1h", *words)["changes"]
        return {(c["before"], c["after"]) for c in changes if c["program"].endswith("/app")}

    assert ("allow", "block") not in would_be() and ("allow", "drop") not in would_be()
    assert ("allow", "block") in would_be("--profile", "none")
    assert ("allow", "drop") in would_be("--profile", "quiet")
    missing = home.command("replay", "--profile", "work", check=False)
    assert missing.returncode == 1 and 'there is no profile "work": portreeve.toml has tunnel, home, quiet' in missing.stderr, missing
