// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/listen-plan.h"

#include "cli/endpoint.h"
#include "cli/failure.h"

#include <doctest/doctest.h>
#include <kj/debug.h>
#include <string.h>

#include <initializer_list>

namespace portreeve::cli {
namespace {

constexpr kj::StringPtr DNSMASQ = "dnsmasq (pid 7, /usr/sbin/dnsmasq, unit dnsmasq.service)"_kj;

Settings defaults() {
  return Settings::load("/nonexistent");
}

void listenOn(kj::Vector<kj::String>& listen, std::initializer_list<kj::StringPtr> addresses) {
  listen.clear();
  for (auto address : addresses) listen.add(kj::str(address));
}

ListenPlan plan(const Settings& settings, std::initializer_list<kj::StringPtr> held = {}) {
  // `held`: "UDP 127.0.0.1:53".
  HolderOfPlace holderOf = [&](Transport transport, const Address& address,
                               uint16_t port) -> kj::Maybe<kj::String> {
    for (auto place : held)
      if (place == kj::str(toText(transport), ' ', endpointText(address.toString(), port)))
        return kj::str(DNSMASQ);
    return nullptr;
  };
  return planListening(settings, holderOf);
}

kj::StringPtr textFor(const ListenPlan& plan, kj::StringPtr unit) {
  for (auto& dropIn : plan.dropIns)
    if (dropIn.unit == unit) return dropIn.text;
  KJ_FAIL_REQUIRE("no such unit in the plan", unit);
}

bool has(kj::StringPtr text, kj::StringPtr line) {
  return strstr(text.cStr(), line.cStr()) != nullptr;
}

void expectFailure(const Settings& settings, kj::StringPtr words) {
  try {
    plan(settings);
    FAIL("nothing was wrong");
  } catch (const Failure& failure) {
    CHECK_MESSAGE(has(failure.sentence, words), failure.sentence.cStr());
  }
}

TEST_CASE("where the settings name what the units have, no drop-in is needed") {
  auto result = plan(defaults());
  REQUIRE(result.dropIns.size() == 11);
  for (auto& dropIn : result.dropIns) CHECK_MESSAGE(dropIn.text == "", dropIn.unit.cStr());
  CHECK(result.places.size() == 6);
  CHECK(result.moved.empty());
}

TEST_CASE("another address takes the place of the unit's own, for each protocol") {
  auto settings = defaults();
  listenOn(settings.resolver.listen, {"127.0.0.5:53", "[::1]:53"});
  auto result = plan(settings);
  CHECK(has(textFor(result, "portreeve-resolver-udp4.socket"),
            "[Socket]\nListenDatagram=\nListenDatagram=127.0.0.5:53\n"));
  CHECK(has(textFor(result, "portreeve-resolver-tcp4.socket"),
            "[Socket]\nListenStream=\nListenStream=127.0.0.5:53\n"));
  CHECK(textFor(result, "portreeve-resolver-udp6.socket") == "");
  CHECK(textFor(result, "portreeve-keeper.service") == "");
}

TEST_CASE("several addresses of a family are one unit's, in their order") {
  auto settings = defaults();
  listenOn(settings.gateway.listen, {"127.0.0.1:817", "[::1]:817", "127.0.0.9:80"});
  auto result = plan(settings);
  CHECK(has(textFor(result, "portreeve-gateway-http4.socket"),
            "ListenStream=\nListenStream=127.0.0.1:817\nListenStream=127.0.0.9:80\n"));
  CHECK(textFor(result, "portreeve-gateway-http6.socket") == "");
}

TEST_CASE("a family that the settings leave out has a unit that is left out, not one that fails") {
  auto settings = defaults();
  listenOn(settings.resolver.listen, {"127.0.0.1:53"});
  auto result = plan(settings);
  CHECK(has(textFor(result, "portreeve-resolver-udp6.socket"), "[Unit]\nConditionPathExists=!/\n"));
  CHECK(!has(textFor(result, "portreeve-resolver-udp6.socket"), "[Socket]"));
}

TEST_CASE("an address that an interface may get later is bound all the same") {
  auto settings = defaults();
  listenOn(settings.resolver.listen, {"10.0.3.1:53"});
  auto result = plan(settings);
  CHECK(has(textFor(result, "portreeve-resolver-udp4.socket"), "FreeBind=yes\n"));
  listenOn(settings.resolver.listen, {"127.0.0.5:53"});
  CHECK(!has(textFor(plan(settings), "portreeve-resolver-udp4.socket"), "FreeBind"));
}

TEST_CASE("where another program holds port 53, the family moves and the daemons are told") {
  auto result = plan(defaults(), {"UDP 127.0.0.1:53"});
  CHECK(has(textFor(result, "portreeve-resolver-udp4.socket"), "ListenDatagram=127.0.0.17:53\n"));
  CHECK(has(textFor(result, "portreeve-resolver-tcp4.socket"), "ListenStream=127.0.0.17:53\n"));
  CHECK(textFor(result, "portreeve-resolver-udp6.socket") == "");
  for (auto unit : {"portreeve-keeper.service", "portreeve-policy.service",
                    "portreeve-resolver.service", "portreeve-rules.service"}) {
    auto text = textFor(result, unit);
    CHECK(has(text, "Environment=\"PORTREEVE_DNS_LISTEN=127.0.0.17:53 [::1]:53\"\n"));
    CHECK(
        has(text, "UDP 127.0.0.1:53 is held by dnsmasq (/usr/sbin/dnsmasq, unit dnsmasq.service)"));
    CHECK(!has(text, "pid 7"));
  }
  REQUIRE(result.moved.size() == 1);
  CHECK(has(result.moved[0], "UDP 127.0.0.1:53 is held by dnsmasq (pid 7,"));
  CHECK(has(result.moved[0], "takes 127.0.0.17:53 instead"));
}

TEST_CASE("a spare place that is held itself is passed over, and one is enough for a family") {
  auto settings = defaults();
  listenOn(settings.resolver.listen, {"127.0.0.1:53", "127.0.0.2:53"});
  auto result = plan(settings, {"UDP 127.0.0.1:53", "TCP 127.0.0.2:53", "TCP 127.0.0.17:53"});
  CHECK(has(textFor(result, "portreeve-resolver-udp4.socket"),
            "ListenDatagram=\nListenDatagram=127.0.0.18:53\n"));
  CHECK(!has(textFor(result, "portreeve-resolver-udp4.socket"), "127.0.0.2"));
  CHECK(result.moved.size() == 2);
}

TEST_CASE("where there is no spare left, and for the web page's port, the holder is the problem") {
  auto result = plan(defaults(), {"UDP [::1]:53", "UDP [::1]:1053", "TCP 127.0.0.1:817"});
  REQUIRE(result.problems.size() == 2);
  CHECK(has(result.problems[0], "UDP [::1]:53 is held by dnsmasq"));
  CHECK(has(result.problems[1], "TCP 127.0.0.1:817 is held by dnsmasq"));
  CHECK(has(result.problems[1], "gateway.listen"));
}

TEST_CASE("what is no single address with a port is refused with the setting's name") {
  auto settings = defaults();
  listenOn(settings.resolver.listen, {"localhost:53"});
  expectFailure(settings, "resolver.listen: \"localhost:53\"");
  listenOn(settings.resolver.listen, {"0.0.0.0:53"});
  expectFailure(settings, "every address of the machine");
  listenOn(settings.resolver.listen, {});
  expectFailure(settings, "resolver.listen names no address");
  settings = defaults();
  listenOn(settings.gateway.listen, {"127.0.0.1"});
  expectFailure(settings, "gateway.listen: \"127.0.0.1\"");
}

TEST_CASE("lists' files are watched where the unit does not watch already") {
  auto settings = defaults();
  auto& list = settings.lists.add();
  list.name = kj::str("mine");
  listenOn(list.sources, {"https://lists.example/a.txt", "/etc/portreeve/own.txt",
                          "/srv/100%/own.txt", "file:///srv/more.txt", "/etc/portreeve/d/e.txt"});
  CHECK(has(textFor(plan(settings), "portreeve-lists.path"),
            "[Path]\nPathChanged=/srv/100%%/own.txt\nPathChanged=/srv/more.txt\n"
            "PathChanged=/etc/portreeve/d/e.txt\n"));
  list.sources[2] = kj::str("/srv/a\nb");
  expectFailure(settings, "line break");
}

TEST_CASE("what a process calls itself cannot add to a unit file") {
  CHECK(systemdQuoted("a\"\nExecStartPre=/bin/evil\n\\%h") ==
        "\"a\\\"?ExecStartPre=/bin/evil?\\\\%%h\"");
}

}  // namespace
}  // namespace portreeve::cli
