// SPDX-License-Identifier: GPL-3.0-or-later
#include "policy/gate-routes.h"
#include "policy/test-road.h"

#include <doctest/doctest.h>

namespace portreeve::policy {
namespace {

class Ended final : public proto::RouteWatcher::Server {
public:
  explicit Ended(kj::Vector<kj::String>& seen) : seen(seen) {}
  kj::Promise<void> ended(EndedContext context) override {
    for (auto original : context.getParams().getOriginals())
      seen.add(Tuple::from(original).toString());
    return kj::READY_NOW;
  }

private:
  kj::Vector<kj::String>& seen;
};

const Tuple WEB = tcp("192.0.2.1", 5000, "203.0.113.9", 443);
const Tuple ENTRY = tcp("127.0.0.1", 6000, "127.0.0.1", 717);

constexpr auto RULES =
    "[[rule]]\nname = \"lan is forbidden\"\naction = \"block\"\naddress = \"10.0.0.0/8\"\n"
    "port = 22\n"
    "[[rule]]\nname = \"far\"\naction = \"gate17\"\nway = [\"tor\", \"office\"]\n"
    "process = { path = \"/usr/bin/app\" }\nport = [22, 443]\n"
    "[[rule]]\nname = \"plain\"\naction = \"allow\"\nport = 80\n"_kj;

struct Gate {
  Road road{RULES};
  kj::Vector<kj::String> ended;
  GateRoutes routes{
      road.timer, road.flows, road.deciding, [this]() -> rules::RuleSet& { return *road.set; },
      [](const Tuple&) -> kj::Promise<kj::Own<Program>> { return Program::unknown("nobody"); }};
  proto::Routes::Client client = routes.make(kj::heap<Ended>(ended));

  kj::String routeOf(const Tuple& original) {
    auto request = client.routeOfRequest();
    original.to(request.initOriginal());
    auto answer = request.send().wait(road.scope);
    if (!answer.getFound()) return kj::str("none");
    return kj::str(kj::strArray(
                       KJ_MAP(way, answer.getWays()) { return kj::str(way); }, " "),
                   " | ", answer.getName());
  }

  kj::String mayReach(const Tuple& from, kj::StringPtr name, kj::StringPtr address, uint16_t port) {
    auto request = client.mayReachRequest();
    from.to(request.initClient());
    request.setProtocol(PROTOCOL_TCP);
    request.setName(name);
    auto where = address.size() > 0 ? rules::address(address) : Address();
    request.initAddress().setUpper(where.upper());
    request.getAddress().setLower(where.lower());
    request.setPort(port);
    auto answer = request.send().wait(road.scope);
    return kj::str(answer.getAllowed() ? "yes, " : "no, ", answer.getRule());
  }
};

TEST_CASE("the gate is told the ways of a flow that a rule turned to it, and its name") {
  Gate gate;
  gate.road.give("www.example.org", "203.0.113.9");
  gate.road.verdictOn({.tuple = WEB});
  CHECK(gate.routeOf(WEB) == "tor office | www.example.org");
}

TEST_CASE("any other flow has no route") {
  Gate gate;
  auto plain = tcp("192.0.2.1", 5001, "203.0.113.9", 80);
  gate.road.verdictOn({.tuple = plain});
  CHECK(gate.routeOf(plain) == "none");
  CHECK(gate.routeOf(WEB) == "none");
}

TEST_CASE("the gate is told when a flow that it carries has ended, and of no other") {
  Gate gate;
  gate.road.verdictOn({.tuple = WEB});
  auto other = tcp("192.0.2.1", 5002, "203.0.113.9", 443);
  gate.road.verdictOn({.tuple = other, .id = 2});
  gate.routeOf(WEB);
  for (auto& tuple : {WEB, other}) gate.road.flows.end(*gate.road.flows.findOpen(tuple), 1);
  gate.road.scope.poll();
  REQUIRE(gate.ended.size() == 1);
  CHECK(gate.ended[0] == WEB.toString());
}

TEST_CASE("which way a flow went is kept with it") {
  Gate gate;
  gate.road.verdictOn({.tuple = WEB});
  auto request = gate.client.wentByRequest();
  WEB.to(request.initOriginal());
  request.setWay("office");
  request.send().wait(gate.road.scope);
  CHECK(gate.road.newest().way == "office");
}

TEST_CASE("whoever speaks to the entrypoint may reach what he might reach himself") {
  Gate gate;
  gate.road.verdictOn({.tuple = ENTRY, .loopback = true});
  CHECK(gate.mayReach(ENTRY, "", "203.0.113.9", 443) == "yes, far");
  CHECK(gate.mayReach(ENTRY, "", "203.0.113.9", 80) == "yes, plain");
  CHECK(gate.mayReach(ENTRY, "", "203.0.113.9", 25) == "no, default");
  CHECK(gate.mayReach(ENTRY, "", "10.0.0.1", 22) == "no, lan is forbidden");
  // Nobody here knows its address: it might be one of those.
  CHECK(gate.mayReach(ENTRY, "www.example.org", "", 22) == "no, lan is forbidden");
  CHECK(gate.mayReach(ENTRY, "www.example.org", "", 443) == "yes, far");
  // To a name server the kernel would turn him to ours.
  CHECK(gate.mayReach(ENTRY, "", "203.0.113.9", 53).startsWith("no, "));
}

TEST_CASE("another program does not speak with the first one's rights") {
  Gate gate;
  auto stranger = tcp("127.0.0.1", 6001, "127.0.0.1", 717);
  gate.road.verdictOn(
      {.tuple = stranger, .instance = 2, .path = "/usr/bin/other", .loopback = true});
  CHECK(gate.mayReach(stranger, "", "203.0.113.9", 443) == "no, default");
  CHECK(gate.mayReach(tcp("127.0.0.1", 6002, "127.0.0.1", 717), "", "203.0.113.9", 443) ==
        "no, default");
}

}  // namespace
}  // namespace portreeve::policy
