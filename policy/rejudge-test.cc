// SPDX-License-Identifier: GPL-3.0-or-later
#include "policy/rejudge.h"

#include "policy/test-folders.h"
#include "policy/test-road.h"

#include <doctest/doctest.h>

namespace portreeve::policy {
namespace {

kj::String appRule(kj::StringPtr action, kj::StringPtr more = "") {
  return kj::str("[[rule]]\nname = \"app\"\naction = \"", action,
                 "\"\nprocess = { path = \"/usr/bin/app\" }\n", more, "\n");
}

const Tuple WEB = tcp("192.0.2.10", 40000, "203.0.113.5", 443);
const Tuple VISIT = tcp("203.0.113.5", 40000, "192.0.2.10", 22);
const Tuple QUIC = udp("192.0.2.10", 40000, "203.0.113.5", 443);

void settleLongAgo(Road& road) {
  road.flows.forEachOpen([](Flow& flow) { flow.lastSeenNs = 0; });
}

TEST_CASE("TCP that is now forbidden has its socket ended before it is marked") {
  Road road(appRule("allow"));
  road.receive({.tuple = WEB});
  settleLongAgo(road);
  road.rules(appRule("block"));
  CHECK(road.rejudge.run().wait(road.scope) == 1);
  CHECK(road.kernel.said() ==
        "destroy tcp 192.0.2.10:40000 -> 203.0.113.5:443\n"
        "mark 1711 tcp 192.0.2.10:40000 -> 203.0.113.5:443");
  CHECK(road.newest().judgement.verdict == proto::Verdict::BLOCK);
}

TEST_CASE("of a connection from outside the local end is the one that is ended") {
  Road road(appRule("allow"));
  road.receive({.tuple = VISIT, .hook = proto::Hook::INPUT, .method = proto::Method::LISTENER});
  settleLongAgo(road);
  road.rules(appRule("drop"));
  road.rejudge.run().wait(road.scope);
  CHECK(road.kernel.said() ==
        "destroy tcp 192.0.2.10:22 -> 203.0.113.5:40000\n"
        "mark 1712 tcp 203.0.113.5:40000 -> 192.0.2.10:22");
}

TEST_CASE("UDP that is now forbidden meets the new mark, and is allowed again by another") {
  Road road(appRule("allow"));
  road.receive({.tuple = QUIC});
  settleLongAgo(road);
  road.rules(appRule("block"));
  road.rejudge.run().wait(road.scope);
  CHECK(road.kernel.said() == "mark 1711 udp 192.0.2.10:40000 -> 203.0.113.5:443");
  road.rules(appRule("allow"));
  CHECK(road.rejudge.run().wait(road.scope) == 1);
  CHECK(road.kernel.said() == "mark 1710 udp 192.0.2.10:40000 -> 203.0.113.5:443");
  road.rules(appRule("allow", "once = true"));
  road.rejudge.run().wait(road.scope);
  CHECK(road.kernel.said() == "mark 0 udp 192.0.2.10:40000 -> 203.0.113.5:443");
}

TEST_CASE("a flow that stays allowed is left alone, and tells its new rule") {
  Road road(appRule("allow"));
  road.receive({.tuple = WEB});
  road.rules("[[rule]]\nname = \"all\"\naction = \"allow\"\n");
  CHECK(road.rejudge.run().wait(road.scope) == 0);
  CHECK(road.kernel.said() == "");
  CHECK(road.newest().judgement.rule == "all");
}

TEST_CASE(
    "a flow that is to go another way through Gate17 is ended, and with the same way is not") {
  Road road(appRule("gate17", "way = \"a\""));
  road.receive({.tuple = WEB});
  settleLongAgo(road);
  road.rules(appRule("gate17", "way = \"a\"\nport = 443"));
  CHECK(road.rejudge.run().wait(road.scope) == 0);
  CHECK(road.kernel.said() == "");
  road.rules(appRule("gate17", "way = \"b\""));
  CHECK(road.rejudge.run().wait(road.scope) == 1);
  CHECK(contains(road.kernel.said(), "delete tcp 192.0.2.10:40000 -> 203.0.113.5:443"));
}

TEST_CASE("what was refused before is not touched: it is judged when it tries again") {
  Road road(appRule("block"));
  road.receive({.tuple = WEB});
  road.rules(appRule("allow"));
  CHECK(road.rejudge.run().wait(road.scope) == 0);
  CHECK(road.kernel.said() == "");
  CHECK(road.newest().judgement.verdict == proto::Verdict::BLOCK);
}

TEST_CASE("a flow that is to be turned now is ended, so that nat sees a new one") {
  Road road(appRule("allow"));
  road.receive({.tuple = QUIC});
  road.receive({.tuple = WEB});
  settleLongAgo(road);
  road.rules(appRule("gate17"));
  CHECK(road.rejudge.run().wait(road.scope) == 2);
  CHECK(road.kernel.said() ==
        "destroy tcp 192.0.2.10:40000 -> 203.0.113.5:443\n"
        "delete udp 192.0.2.10:40000 -> 203.0.113.5:443\n"
        "delete tcp 192.0.2.10:40000 -> 203.0.113.5:443");
  CHECK(road.flows.openCount() == 0);
}

TEST_CASE(
    "on a flow that was judged a moment ago it is acted twice, unless the rules changed again") {
  Road road(appRule("allow"));
  road.receive({.tuple = QUIC});
  road.rules(appRule("block"));
  road.rejudge.run().wait(road.scope);
  CHECK(road.kernel.said() == "mark 1711 udp 192.0.2.10:40000 -> 203.0.113.5:443");
  SUBCASE("once more") {
    road.advance(200 * kj::MILLISECONDS);
    CHECK(road.kernel.said() == "mark 1711 udp 192.0.2.10:40000 -> 203.0.113.5:443");
  }
  SUBCASE("changed again") {
    road.rules(appRule("allow"));
    road.rejudge.run().wait(road.scope);
    road.kernel.said();
    road.advance(200 * kj::MILLISECONDS);
    CHECK(road.kernel.said() == "mark 1710 udp 192.0.2.10:40000 -> 203.0.113.5:443");
  }
}

TEST_CASE("a flow of which only conntrack knows is asked about again instead of guessed at") {
  Road road(appRule("allow"));
  road.kernel.entries.add(TrackedEntry{WEB, 1710, 0, 0});
  road.walk.restore(KnownSockets()).wait(road.scope);
  CHECK(road.newest().judgement.origin == DECIDED_BEFORE);
  road.rejudge.run().wait(road.scope);
  CHECK(road.kernel.said() == "mark 0 tcp 192.0.2.10:40000 -> 203.0.113.5:443");
  CHECK(road.verdictOn({.tuple = WEB, .id = 9, .tcpFlags = 16}) == "9 1710");
  CHECK(road.count() == 1);
  CHECK(road.newest().process.program->path == "/usr/bin/app");
}

TEST_CASE("many flows are judged in pieces, between which packets get their turn") {
  Road road(appRule("allow"));
  for (uint16_t port = 1; port <= 2000; port++)
    road.receive({.tuple = tcp("192.0.2.10", port, "203.0.113.5", 443)});
  settleLongAgo(road);
  road.rules(appRule("block"));
  auto running = road.rejudge.run();
  CHECK_FALSE(running.poll(road.scope));
  while (!running.poll(road.scope)) road.advance(1 * kj::NANOSECONDS);
  CHECK(running.wait(road.scope) == 2000);
  CHECK(road.kernel.acts.size() == 4000);
}

TEST_CASE("without the interceptor the table is right all the same, and the acts are owed") {
  Road road(appRule("allow"));
  road.receive({.tuple = WEB});
  road.rules(appRule("block"));
  road.kernel.away = true;
  CHECK(road.rejudge.run().wait(road.scope) == 1);
  CHECK(road.newest().judgement.verdict == proto::Verdict::BLOCK);
  CHECK(road.rejudge.owesActs());
  road.kernel.away = false;
  road.rejudge.run().wait(road.scope);
  CHECK_FALSE(road.rejudge.owesActs());
}

}  // namespace
}  // namespace portreeve::policy
