// SPDX-License-Identifier: GPL-3.0-or-later
#include "policy/kernel-watcher.h"

#include "policy/test-road.h"

#include <doctest/doctest.h>

namespace portreeve::policy {
namespace {

constexpr kj::StringPtr ALL = "[[rule]]\nname = \"all\"\naction = \"allow\"\n"_kj;
const Tuple WEB = tcp("192.0.2.10", 40000, "203.0.113.5", 443);
const Tuple QUIC = udp("192.0.2.10", 40000, "203.0.113.5", 443);
const Tuple WILDCARD = udp("0.0.0.0", 40000, "0.0.0.0", 0);

void closed(Road& road, const Tuple& socket, uint64_t inode = 0) {
  road.events.socketsClosed(kj::arrayPtr(&socket, 1), kj::arrayPtr(&inode, 1));
}

TEST_CASE("a flow ends with its conntrack entry and gets its bytes") {
  Road road(ALL);
  road.receive({.tuple = WEB});
  road.events.flowEnded({WEB, 1710, 100, 2000});
  CHECK_FALSE(road.newest().open());
  CHECK(road.newest().bytesOut == 100);
  CHECK(road.newest().bytesIn == 2000);
}

TEST_CASE("bytes are told by the flow's direction, whichever way conntrack saw it first") {
  Road road(ALL);
  auto visit = tcp("203.0.113.5", 40000, "192.0.2.10", 22);
  road.receive({.tuple = visit, .hook = proto::Hook::INPUT, .method = proto::Method::LISTENER});
  SUBCASE("as the visitor sent") {
    road.events.flowEnded({visit, 1710, 100, 2000});
  }
  SUBCASE("as the server answered") {
    road.events.flowEnded({visit.reversed(), 1710, 2000, 100});
  }
  CHECK(road.newest().bytesIn == 100);
  CHECK(road.newest().bytesOut == 2000);
  CHECK_FALSE(road.newest().open());
}

TEST_CASE("when a connected UDP socket closes its entry is deleted and its flow has ended") {
  Road road(ALL);
  road.receive({.tuple = QUIC});
  closed(road, QUIC);
  CHECK(road.kernel.said() == "delete udp 192.0.2.10:40000 -> 203.0.113.5:443");
  CHECK_FALSE(road.newest().open());
  SUBCASE("its bytes come after") {
    road.events.flowEnded({QUIC, 1710, 7, 8});
    CHECK(road.newest().bytesOut == 7);
  }
  SUBCASE("they are not taken for the next one's end") {
    road.receive({.tuple = QUIC, .id = 2, .instance = 2});
    road.events.flowEnded({QUIC, 1710, 7, 8});
    CHECK(road.newest().open());
    CHECK(road.newest().bytesOut == 0);
  }
}

TEST_CASE("when an unconnected UDP socket closes all entries of its port go") {
  Road road(ALL);
  road.receive({.tuple = QUIC});
  road.receive({.tuple = udp("192.0.2.10", 40000, "203.0.113.6", 443)});
  road.receive(
      {.tuple = udp("203.0.113.7", 5000, "192.0.2.10", 40000), .hook = proto::Hook::INPUT});
  road.receive({.tuple = udp("192.0.2.10", 40001, "203.0.113.6", 443)});
  closed(road, WILDCARD);
  CHECK(road.kernel.acts.size() == 3);
  CHECK(road.flows.openCount() == 1);
}

TEST_CASE("a socket that is bound to one address leaves the others of its port alone") {
  Road road(ALL);
  road.receive({.tuple = QUIC});
  road.receive({.tuple = udp("192.0.2.11", 40000, "203.0.113.5", 443), .socketInode = 101});
  closed(road, udp("192.0.2.11", 40000, "0.0.0.0", 0));
  CHECK(road.kernel.said() == "delete udp 192.0.2.11:40000 -> 203.0.113.5:443");
}

TEST_CASE("a connected socket's earlier peers go with it") {
  Road road(ALL);
  road.receive({.tuple = QUIC});
  road.receive({.tuple = udp("192.0.2.10", 40000, "203.0.113.6", 443)});
  road.receive({.tuple = udp("192.0.2.10", 40000, "203.0.113.7", 443), .socketInode = 555});
  closed(road, QUIC);
  CHECK(road.kernel.acts.size() == 2);
  CHECK(road.flows.openCount() == 1);
}

TEST_CASE("a closed socket that no flow is known of may have an entry from before we started") {
  Road road(ALL);
  closed(road, QUIC);
  CHECK(road.kernel.said() == "delete udp 192.0.2.10:40000 -> 203.0.113.5:443");
}

TEST_CASE("a flow of another socket on that port is asked about again, and goes on") {
  Road road(ALL);
  road.receive({.tuple = QUIC, .socketInode = 200});
  closed(road, WILDCARD, 100);
  CHECK(road.kernel.said() == "delete udp 192.0.2.10:40000 -> 203.0.113.5:443");
  CHECK(road.newest().open());
}

TEST_CASE("events that were lost have the tables compared") {
  Road road(ALL);
  road.events.missed();
  CHECK(road.missed == 1);
}

TEST_CASE("the interceptor's messages are taken as they are meant") {
  Road road(ALL);
  road.receive({.tuple = WEB});
  road.receive({.tuple = QUIC});
  auto watcher = road.events.watcher();
  auto ended = watcher.flowsEndedRequest();
  auto flow = ended.initFlows(1)[0];
  WEB.to(flow.initTuple());
  flow.setOriginalBytes(5);
  ended.send().wait(road.scope);
  auto sockets = watcher.socketsClosedRequest();
  QUIC.to(sockets.initSockets(1)[0].initTuple());
  sockets.send().wait(road.scope);
  watcher.missedRequest().send().wait(road.scope);
  CHECK(road.flows.openCount() == 0);
  CHECK(road.missed == 1);
}

}  // namespace
}  // namespace portreeve::policy
