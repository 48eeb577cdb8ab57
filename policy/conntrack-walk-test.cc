// SPDX-License-Identifier: GPL-3.0-or-later
#include "policy/conntrack-walk.h"

#include "policy/test-road.h"

#include <doctest/doctest.h>

namespace portreeve::policy {
namespace {

constexpr kj::StringPtr ALL = "[[rule]]\nname = \"all\"\naction = \"allow\"\n"_kj;
const Tuple WEB = tcp("192.0.2.10", 40000, "203.0.113.5", 443);
const Tuple VISIT = tcp("203.0.113.5", 40000, "192.0.2.10", 22);

void settleLongAgo(Road& road) {
  road.flows.forEachOpen([](Flow& flow) { flow.lastSeenNs = 0; });
}

Flow socketOf(const Tuple& tuple, rules::Direction direction, uint64_t instance = 1) {
  Flow flow;
  flow.tuple = tuple;
  flow.direction = direction;
  auto program = kj::refcounted<Program>();
  program->instance = instance;
  program->pid = int32_t(instance);
  program->path = kj::str("/usr/bin/app");
  program->kind = rules::ProcessKind::PROGRAM;
  flow.process.program = kj::mv(program);
  return flow;
}

void restore(Road& road, KnownSockets known = KnownSockets()) {
  road.walk.restore(kj::mv(known)).wait(road.scope);
}

TEST_CASE("entries with a verdict of ours become flows, named by the sockets that are known") {
  Road road(ALL);
  road.kernel.entries.add(TrackedEntry{WEB, 1710, 10, 20});
  road.kernel.entries.add(TrackedEntry{VISIT, 1711, 0, 0});
  road.kernel.entries.add(TrackedEntry{tcp("192.0.2.10", 1, "203.0.113.5", 1), 0, 0, 0});
  road.kernel.entries.add(TrackedEntry{tcp("192.0.2.10", 2, "203.0.113.5", 1), 51820, 0, 0});
  KnownSockets known;
  known.add(socketOf(WEB, rules::Direction::OUT));
  restore(road, kj::mv(known));
  CHECK(road.flows.openCount() == 2);
  auto web = road.flows.findOpen(WEB);
  CHECK(web->process.program->path == "/usr/bin/app");
  CHECK(web->judgement.verdict == proto::Verdict::ACCEPT);
  CHECK(web->judgement.rule == "");
  CHECK(web->judgement.origin == DECIDED_BEFORE);
  CHECK(web->bytesOut == 10);
  auto visit = road.flows.findOpen(VISIT);
  CHECK(visit->direction == rules::Direction::IN);
  CHECK(visit->process.program->reason == DECIDED_BEFORE);
  CHECK(visit->judgement.verdict == proto::Verdict::BLOCK);
}

TEST_CASE("an entry that was made the other way round is of the same flow") {
  Road road(ALL);
  road.kernel.entries.add(TrackedEntry{VISIT.reversed(), 1710, 10, 20});
  KnownSockets known;
  known.add(socketOf(VISIT, rules::Direction::IN));
  restore(road, kj::mv(known));
  CHECK(road.newest().tuple == VISIT);
  CHECK(road.newest().bytesOut == 10);
}

TEST_CASE("a TCP session that conntrack knows nothing of is from before the start and goes on") {
  Road road("");
  KnownSockets known;
  known.add(socketOf(WEB, rules::Direction::OUT));
  known.add(socketOf(udp("192.0.2.10", 4, "203.0.113.5", 5), rules::Direction::OUT));
  known.add(socketOf(tcp("192.0.2.10", 4, "203.0.113.5", 53), rules::Direction::OUT));
  restore(road, kj::mv(known));
  CHECK(road.flows.openCount() == 1);
  CHECK(road.newest().establishedBefore);
  CHECK(road.verdictOn(
            {.tuple = WEB.reversed(), .id = 1, .hook = proto::Hook::INPUT, .tcpFlags = 16}) ==
        "1 1710");
}

TEST_CASE("flows whose entry has gone unsaid have ended, but not those judged a moment ago") {
  Road road(ALL);
  road.receive({.tuple = WEB});
  restore(road);
  CHECK(road.newest().open());
  settleLongAgo(road);
  restore(road);
  CHECK_FALSE(road.newest().open());
}

TEST_CASE("a mark that differs from its flow's verdict is set right, once it must have arrived") {
  Road road("");
  road.kernel.entries.add(TrackedEntry{WEB, 1710, 0, 0});
  restore(road);
  auto flow = road.flows.findOpen(WEB);
  flow->judgement.verdict = proto::Verdict::BLOCK;
  restore(road);
  CHECK(road.kernel.said() == "");
  flow->lastSeenNs = 0;
  restore(road);
  CHECK(road.kernel.said() == "mark 1711 tcp 192.0.2.10:40000 -> 203.0.113.5:443");
}

TEST_CASE(
    "UDP whose socket may have closed unsaid is asked about again; what was turned begins anew") {
  Road road(ALL);
  auto quic = udp("192.0.2.10", 40000, "203.0.113.5", 443);
  auto query = udp("192.0.2.10", 40001, "9.9.9.9", 53);
  auto held = udp("192.0.2.10", 40002, "203.0.113.5", 443);
  for (auto& tuple : {quic, held}) road.kernel.entries.add(TrackedEntry{tuple, 1710, 0, 0});
  road.kernel.entries.add(TrackedEntry{query, 1799, 0, 0});
  KnownSockets known;
  known.add(socketOf(held, rules::Direction::OUT));
  restore(road, kj::mv(known));
  CHECK(road.kernel.said() ==
        "mark 0 udp 192.0.2.10:40000 -> 203.0.113.5:443\n"
        "delete udp 192.0.2.10:40001 -> 9.9.9.9:53");
  CHECK(road.verdictOn({.tuple = quic, .id = 1, .instance = 3}) == "1 1710");
  CHECK(road.flows.findOpen(quic)->process.program->instance == 3);
}

TEST_CASE("where nothing is known of sockets UDP is left alone") {
  Road road(ALL);
  road.kernel.entries.add(TrackedEntry{udp("192.0.2.10", 40000, "203.0.113.5", 443), 1710, 0, 0});
  road.walk.compare().wait(road.scope);
  CHECK(road.kernel.said() == "");
  CHECK(road.flows.openCount() == 1);
}

TEST_CASE("bytes are refreshed by one walk for all who ask, and not too often") {
  Road road(ALL);
  road.receive({.tuple = WEB});
  road.advance(1 * kj::SECONDS);
  road.kernel.entries.add(TrackedEntry{WEB, 1710, 10, 20});
  auto first = road.walk.refreshBytes();
  auto second = road.walk.refreshBytes();
  first.wait(road.scope);
  second.wait(road.scope);
  CHECK(road.newest().bytesIn == 20);
  road.walk.refreshBytes().wait(road.scope);
  CHECK(road.kernel.lists == 1);
  road.advance(1 * kj::SECONDS);
  road.walk.refreshBytes().wait(road.scope);
  CHECK(road.kernel.lists == 2);
}

TEST_CASE("refreshing bytes takes in no flow and never fails") {
  Road road(ALL);
  road.kernel.entries.add(TrackedEntry{WEB, 1710, 10, 20});
  road.walk.refreshBytes().wait(road.scope);
  CHECK(road.count() == 0);
  road.advance(1 * kj::SECONDS);
  road.kernel.away = true;
  road.walk.refreshBytes().wait(road.scope);
}

TEST_CASE("a loopback connection is listed from both ends and is one") {
  auto tuple = tcp("127.0.0.1", 40000, "127.0.0.1", 8080);
  KnownSockets known;
  SUBCASE("the server first") {
    known.add(socketOf(tuple, rules::Direction::IN, 2));
    known.add(socketOf(tuple, rules::Direction::OUT, 1));
  }
  SUBCASE("the client first") {
    known.add(socketOf(tuple, rules::Direction::OUT, 1));
    known.add(socketOf(tuple, rules::Direction::IN, 2));
  }
  auto all = known.takeAll();
  REQUIRE(all.size() == 1);
  CHECK(all[0].direction == rules::Direction::OUT);
  CHECK(all[0].process.program->instance == 1);
  CHECK(KJ_ASSERT_NONNULL(all[0].peer).program->instance == 2);
}

// Before the rules are loaded ---------------------------------------------------------------------

void judge(Road& road, KnownSockets known) {
  judgeExisting(kj::mv(known), road.flows, road.deciding, road.walk, road.kernel, road.earlier)
      .wait(road.scope);
}

TEST_CASE("connections that exist already are allowed, and marked where conntrack knows them") {
  Road road("");
  road.kernel.entries.add(TrackedEntry{WEB, 0, 1, 2});
  KnownSockets known;
  known.add(socketOf(WEB, rules::Direction::OUT));
  known.add(socketOf(VISIT, rules::Direction::IN));
  judge(road, kj::mv(known));
  CHECK(road.kernel.said() == "mark 1710 tcp 192.0.2.10:40000 -> 203.0.113.5:443");
  auto visit = road.flows.findOpen(VISIT);
  CHECK(visit->establishedBefore);
  CHECK(visit->judgement.rule == "sessions from before the start go on");
  // The server speaks first.
  CHECK(road.verdictOn({.tuple = VISIT.reversed(), .id = 5, .tcpFlags = 16}) == "5 1710");
  CHECK(road.count() == 2);
}

TEST_CASE("an idle session from before the start is not forgotten") {
  Road road("");
  KnownSockets known;
  known.add(socketOf(VISIT, rules::Direction::IN));
  judge(road, kj::mv(known));
  settleLongAgo(road);
  restore(road);
  road.transient.sweep(~0ull);
  CHECK(road.newest().open());
}

TEST_CASE(
    "a UDP socket from before that conntrack does not know yet goes on, for its own process "
    "alone") {
  Road road("");
  auto quic = udp("192.0.2.10", 40000, "203.0.113.5", 443);
  KnownSockets known;
  known.add(socketOf(quic, rules::Direction::OUT));
  judge(road, kj::mv(known));
  SUBCASE("its own") {
    CHECK(road.verdictOn({.tuple = quic, .id = 1}) == "1 1710");
  }
  SUBCASE("another's") {
    CHECK(road.verdictOn({.tuple = quic, .id = 1, .instance = 2}) == "1 1711");
  }
}

TEST_CASE("queries to other name servers are not kept: the next one comes to our resolver") {
  Road road("");
  auto query = udp("192.0.2.10", 40000, "9.9.9.9", 53);
  road.kernel.entries.add(TrackedEntry{query, 0, 1, 2});
  KnownSockets known;
  known.add(socketOf(query, rules::Direction::OUT));
  judge(road, kj::mv(known));
  CHECK(road.kernel.said() == "delete udp 192.0.2.10:40000 -> 9.9.9.9:53");
  CHECK(road.count() == 0);
}

TEST_CASE("another program's mark on a connection is left alone") {
  Road road("");
  road.kernel.entries.add(TrackedEntry{WEB, 51820, 1, 2});
  KnownSockets known;
  known.add(socketOf(WEB, rules::Direction::OUT));
  judge(road, kj::mv(known));
  CHECK(road.kernel.said() == "");
}

TEST_CASE("what the attributor lists is taken by its hook: input where it is listened on") {
  Road road("");
  capnp::MallocMessageBuilder message;
  auto list = message.initRoot<proto::AttributedBatch>().initFlows(2);
  FakePacket{.tuple = WEB, .id = 0}.to(list[0]);
  FakePacket{.tuple = VISIT, .id = 0, .hook = proto::Hook::INPUT}.to(list[1]);
  KnownSockets known;
  addExisting(list.asReader(), road.programs, road.headings, known);
  CHECK(KJ_ASSERT_NONNULL(known.find(WEB)).direction == rules::Direction::OUT);
  CHECK(KJ_ASSERT_NONNULL(known.find(VISIT.reversed())).direction == rules::Direction::IN);
  // Port 22 is known to be listened on.
  auto other = tcp("192.0.2.10", 22, "203.0.113.77", 1);
  road.receive({.tuple = other, .id = 1, .tcpFlags = 16});
  CHECK(road.newest().direction == rules::Direction::IN);
}

}  // namespace
}  // namespace portreeve::policy
