// SPDX-License-Identifier: GPL-3.0-or-later
#include "policy/earlier-sessions.h"

#include "policy/test-road.h"

#include <doctest/doctest.h>

namespace portreeve::policy {
namespace {

const Tuple TUNNEL = udp("192.0.2.10", 51820, "203.0.113.5", 51820);
constexpr uint64_t START = 1000;

TEST_CASE("a conversation from before is known in both directions, for two minutes") {
  EarlierSessions earlier;
  earlier.add(TUNNEL, START);
  CHECK(earlier.holds(TUNNEL, START));
  CHECK(earlier.holds(TUNNEL.reversed(), START));
  CHECK_FALSE(earlier.holds(udp("192.0.2.10", 51820, "203.0.113.6", 51820), START));
  CHECK(earlier.holds(TUNNEL, START + EarlierSessions::KEPT_NS - 1));
  CHECK_FALSE(earlier.holds(TUNNEL, START + EarlierSessions::KEPT_NS));
  CHECK(earlier.size() == 0);
}

TEST_CASE("with its socket a conversation from before is over") {
  EarlierSessions earlier;
  earlier.add(TUNNEL, START);
  earlier.socketClosed(udp("192.0.2.11", 51820, "0.0.0.0", 0));
  earlier.socketClosed(udp("0.0.0.0", 51821, "0.0.0.0", 0));
  CHECK(earlier.size() == 1);
  SUBCASE("bound to every address") {
    earlier.socketClosed(udp("0.0.0.0", 51820, "0.0.0.0", 0));
  }
  SUBCASE("bound to one") {
    earlier.socketClosed(udp("192.0.2.10", 51820, "0.0.0.0", 0));
  }
  CHECK(earlier.size() == 0);
}

TEST_CASE("the next packet of an unconnected socket's conversation goes on, by its own process") {
  Road road("");
  road.kernel.entries.add(TrackedEntry{TUNNEL, 51820, 1, 2, true});
  KnownSockets none;
  judgeExisting(kj::mv(none), road.flows, road.deciding, road.walk, road.kernel, road.earlier)
      .wait(road.scope);
  CHECK(road.kernel.said() == "");
  CHECK(road.count() == 0);
  CHECK(road.verdictOn({.tuple = TUNNEL, .id = 1}) == "1 1710");
  CHECK(road.newest().establishedBefore);
  CHECK(road.newest().process.program->path == "/usr/bin/app");
  SUBCASE("also when its conntrack entry was made anew") {
    road.events.flowEnded({TUNNEL, 51820, 1, 2});
    CHECK(road.verdictOn({.tuple = TUNNEL, .id = 2}) == "2 1710");
  }
  SUBCASE("not when the socket was closed") {
    Tuple socket = udp("0.0.0.0", 51820, "0.0.0.0", 0);
    uint64_t inode = 0;
    road.events.socketsClosed(kj::arrayPtr(&socket, 1), kj::arrayPtr(&inode, 1));
    CHECK(road.verdictOn({.tuple = TUNNEL, .id = 2, .instance = 2}) == "2 1711");
  }
}

TEST_CASE("what was not answered, DNS to other servers, and TCP are no conversation from before") {
  Road road("");
  auto query = udp("192.0.2.10", 40000, "9.9.9.9", 53);
  auto web = tcp("192.0.2.10", 40000, "203.0.113.5", 443);
  road.kernel.entries.add(TrackedEntry{TUNNEL, 0, 1, 0, false});
  road.kernel.entries.add(TrackedEntry{query, 0, 1, 2, true});
  road.kernel.entries.add(TrackedEntry{web, 0, 1, 2, true});
  KnownSockets none;
  judgeExisting(kj::mv(none), road.flows, road.deciding, road.walk, road.kernel, road.earlier)
      .wait(road.scope);
  CHECK(road.earlier.size() == 0);
}

}  // namespace
}  // namespace portreeve::policy
