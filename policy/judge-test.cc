// SPDX-License-Identifier: GPL-3.0-or-later
#include "policy/judge.h"

#include "policy/test-road.h"

#include <doctest/doctest.h>

namespace portreeve::policy {
namespace {

constexpr kj::StringPtr APP_MAY = R"(
[[rule]]
name = "app may"
action = "allow"
process = { path = "/usr/bin/app" }
)"_kj;

constexpr kj::StringPtr APP_MAY_EXAMPLE = R"(
[[rule]]
name = "app may read example.org"
action = "allow"
process = { path = "/usr/bin/app" }
domain = "example.org"
)"_kj;

const Tuple WEB = tcp("192.0.2.10", 40000, "203.0.113.5", 443);
const Tuple QUIC = udp("192.0.2.10", 40000, "203.0.113.5", 443);

constexpr uint8_t ACK = 16;
constexpr uint8_t SYN_ACK = 18;

TEST_CASE(
    "a packet gets the verdict of the first rule that matches, and its flow is kept with it") {
  Road road(APP_MAY);
  CHECK(road.verdictOn({.tuple = WEB, .id = 7}) == "7 1710");
  auto& flow = road.newest();
  CHECK(flow.judgement.rule == "app may");
  CHECK(flow.judgement.origin == "test.toml:2");
  CHECK(flow.process.program->path == "/usr/bin/app");
  CHECK(flow.interface == "eth0");
  CHECK(flow.tracked);
  CHECK(road.told == 1);
}

TEST_CASE("a batch of packets is settled by one batch of verdicts, and told behind it") {
  Road road(APP_MAY);
  FakePacket packets[] = {{.tuple = WEB, .id = 1},
                          {.tuple = QUIC, .id = 2, .instance = 2, .path = "/usr/bin/other"_kj}};
  road.receive(packets);
  CHECK(road.settler.said() == "1 1710, 2 1711");
  CHECK(road.settler.flushes == 1);
  CHECK(road.told == 2);
}

TEST_CASE("a retransmission of a refused flow gets the same verdict and makes no second one") {
  Road road("");
  CHECK(road.verdictOn({.tuple = WEB, .id = 1}) == "1 1711");
  auto told = road.told;
  CHECK(road.verdictOn({.tuple = WEB, .id = 2}) == "2 1711");
  CHECK(road.count() == 1);
  CHECK(road.told == told);
  CHECK(road.judge.counters().again == 1);
}

TEST_CASE("a retransmission after the rules have changed is judged by the new ones") {
  Road road("");
  CHECK(road.verdictOn({.tuple = WEB, .id = 1}) == "1 1711");
  road.rules(APP_MAY);
  CHECK(road.verdictOn({.tuple = WEB, .id = 2}) == "2 1710");
  CHECK(road.count() == 1);
  CHECK(road.newest().judgement.rule == "app may");
}

TEST_CASE("another process on the same tuple is another flow") {
  Road road(APP_MAY);
  CHECK(road.verdictOn({.tuple = QUIC, .id = 1}) == "1 1710");
  CHECK(road.verdictOn({.tuple = QUIC, .id = 2, .instance = 2, .path = "/usr/bin/other"_kj}) ==
        "2 1711");
  CHECK(road.count() == 2);
  CHECK(road.flows.openCount() == 1);
}

TEST_CASE("a flow that conntrack had decided and that is asked about again is a new one") {
  Road road(APP_MAY);
  road.receive({.tuple = WEB, .id = 1});
  road.receive({.tuple = WEB, .id = 2});
  CHECK(road.count() == 2);
  SUBCASE("and the end of the old one is not taken for its own") {
    road.events.flowEnded({WEB, 1710, 100, 200});
    CHECK(road.newest().open());
    CHECK(road.flows.find(1)->bytesOut == 100);
  }
}

TEST_CASE("whoever cannot be named just now is not refused: his retransmission is judged by name") {
  Road road(APP_MAY);
  CHECK(road.verdictOn({.tuple = WEB, .id = 1, .askAgain = true}) == "1 1702");
  CHECK(road.verdictOn({.tuple = WEB, .id = 2}) == "2 1710");
  CHECK(road.count() == 1);
  CHECK(road.newest().process.program->path == "/usr/bin/app");
  CHECK(road.judge.counters().unnamed == 1);
}

TEST_CASE("nor is he allowed for good: the next packet is asked about, and may be forbidden") {
  Road road(R"(
[[rule]]
name = "app may not"
action = "block"
process = { path = "/usr/bin/app" }
)",
            DefaultAction::ALLOW);
  CHECK(road.verdictOn({.tuple = WEB, .id = 1, .askAgain = true}) == "1 1700");
  CHECK_FALSE(road.newest().tracked);
  CHECK(road.verdictOn({.tuple = WEB, .id = 2, .tcpFlags = ACK, .askAgain = true}) == "2 1700");
  CHECK(road.verdictOn({.tuple = WEB, .id = 3, .tcpFlags = ACK}) == "3 1711");
  CHECK(road.count() == 1);
}

TEST_CASE("a packet that is malformed is dropped for the moment and makes no flow") {
  Road road(APP_MAY, DefaultAction::ALLOW);
  CHECK(road.verdictOn({.tuple = WEB, .id = 3, .malformed = proto::Malformed::BAD_LENGTH}) ==
        "3 1702");
  CHECK(road.count() == 0);
}

TEST_CASE("a later fragment is judged without ports, for itself alone") {
  Road road(kj::str(APP_MAY, "port = 443\n"));
  CHECK(road.verdictOn({.tuple = QUIC, .id = 1, .fragment = true}) == "1 1701");
  road.rules(APP_MAY);
  CHECK(road.verdictOn({.tuple = QUIC, .id = 2, .fragment = true}) == "2 1700");
  CHECK(road.count() == 0);
}

TEST_CASE("a rule with `once` is asked about each packet of one flow, in both directions") {
  Road road(kj::str(APP_MAY, "once = true\n"));
  CHECK(road.verdictOn({.tuple = WEB, .id = 1}) == "1 1700");
  FakePacket answer{
      .tuple = WEB.reversed(), .id = 2, .hook = proto::Hook::INPUT, .tcpFlags = SYN_ACK};
  CHECK(road.verdictOn(answer) == "2 1700");
  CHECK(road.verdictOn({.tuple = WEB, .id = 3, .tcpFlags = ACK}) == "3 1700");
  CHECK(road.count() == 1);
  CHECK_FALSE(road.newest().tracked);
}

TEST_CASE(
    "on loopback the stricter of both ends' rules decides, and the arriving half follows it") {
  Road road(
      "[[rule]]\nname = \"server takes none\"\naction = \"drop\"\ndirection = \"in\"\n"
      "process = { path = \"/usr/bin/server\" }\n");
  auto tuple = tcp("127.0.0.1", 40000, "127.0.0.1", 8080);
  FakePacket packet{.tuple = tuple, .id = 1, .loopback = true, .peerPath = "/usr/bin/server"_kj};
  CHECK(road.verdictOn(packet) == "1 1712");
  packet = {.tuple = tcp("127.0.0.1", 40001, "127.0.0.1", 80),
            .id = 2,
            .instance = 2,
            .loopback = true,
            .peerPath = "/usr/bin/web"_kj};
  CHECK(road.verdictOn(packet) == "2 1710");
  CHECK(road.newest().judgement.rule == "loopback");
}

TEST_CASE("the arriving half of a loopback flow that is asked about each time belongs to it") {
  Road road(kj::str(APP_MAY, "once = true\n"));
  auto tuple = tcp("127.0.0.1", 40000, "127.0.0.1", 8080);
  FakePacket out{.tuple = tuple, .id = 1, .loopback = true, .peerPath = "/usr/bin/server"_kj};
  CHECK(road.verdictOn(out) == "1 1700");
  FakePacket in{.tuple = tuple,
                .id = 2,
                .hook = proto::Hook::INPUT,
                .instance = 5,
                .path = "/usr/bin/server"_kj,
                .loopback = true};
  CHECK(road.verdictOn(in) == "2 1700");
  CHECK(road.count() == 1);
  CHECK(road.newest().process.program->path == "/usr/bin/app");
}

TEST_CASE("neighbour discovery is judged packet by packet and is one flow") {
  Road road("");
  Tuple tuple;
  tuple.family = proto::Family::IPV6;
  tuple.protocol = PROTOCOL_ICMPV6;
  tuple.source = rules::address("fe80::1");
  tuple.destination = rules::address("ff02::1:ff00:2");
  tuple.destinationPort = 135 * 256;
  CHECK(road.verdictOn({.tuple = tuple, .id = 1, .kind = proto::ProcessKind::KERNEL}) == "1 1700");
  CHECK(road.verdictOn({.tuple = tuple, .id = 2, .kind = proto::ProcessKind::KERNEL}) == "2 1700");
  CHECK(road.count() == 1);
}

// Which way it goes -------------------------------------------------------------------------------

TEST_CASE("a session whose server speaks first after the start is told by who listens") {
  Road road(
      "[[rule]]\nname = \"sshd may be reached\"\naction = \"allow\"\ndirection = \"in\"\nport = "
      "22\n");
  auto visit = tcp("203.0.113.9", 50000, "192.0.2.10", 22);
  FakePacket first{
      .tuple = visit, .id = 1, .hook = proto::Hook::INPUT, .method = proto::Method::LISTENER};
  CHECK(road.verdictOn(first) == "1 1710");
  auto other = tcp("203.0.113.10", 50000, "192.0.2.10", 22);
  CHECK(road.verdictOn({.tuple = other.reversed(), .id = 2, .tcpFlags = ACK}) == "2 1710");
  CHECK(road.newest().direction == rules::Direction::IN);
  CHECK(road.newest().tuple == other);
}

TEST_CASE(
    "a packet in the middle that arrives where nobody listens is of a session that went out") {
  Road road(APP_MAY);
  FakePacket news{.tuple = WEB.reversed(), .id = 1, .hook = proto::Hook::INPUT, .tcpFlags = ACK};
  CHECK(road.verdictOn(news) == "1 1710");
  CHECK(road.newest().direction == rules::Direction::OUT);
  CHECK(road.newest().tuple == WEB);
}

TEST_CASE("a stray segment that no socket waits for is an arriving one") {
  Road road(APP_MAY);
  FakePacket stray{.tuple = WEB.reversed(),
                   .id = 1,
                   .hook = proto::Hook::INPUT,
                   .tcpFlags = ACK,
                   .instance = 0,
                   .path = ""_kj,
                   .kind = proto::ProcessKind::NO_SOCKET,
                   .socketInode = 0};
  CHECK(road.verdictOn(stray) == "1 1711");
  CHECK(road.newest().direction == rules::Direction::IN);
}

// Names -------------------------------------------------------------------------------------------

TEST_CASE("a flow gets the names that its process was given for its address") {
  Road road(APP_MAY_EXAMPLE);
  road.give("example.org", "203.0.113.5");
  road.receive({.tuple = WEB, .id = 1});
  road.advance(0 * kj::SECONDS);
  CHECK(road.settler.said() == "1 1710");
  CHECK(road.newest().judgement.domain == "example.org");
  CHECK(KJ_ASSERT_NONNULL(road.newest().judgement.namedBy) == rules::NameSource::PROCESS);
}

TEST_CASE("a name that was told before the packet came is known, also where it is read after it") {
  Road road(APP_MAY_EXAMPLE);
  road.give("other.test", "203.0.113.5");
  road.receive({.tuple = WEB, .id = 1});
  CHECK(road.settler.said() == "");
  road.give("example.org", "203.0.113.5");
  road.advance(0 * kj::SECONDS);
  CHECK(road.settler.said() == "1 1710");
}

TEST_CASE("where a name could change the verdict the resolver is asked first") {
  Road road(APP_MAY_EXAMPLE);
  uint asked = 0;
  road.lookups.offered(kj::heap<FakeLookup>("example.org", asked), nullptr);
  FakePacket packets[] = {{.tuple = WEB, .id = 1},
                          {.tuple = tcp("192.0.2.10", 40001, "203.0.113.5", 443), .id = 2}};
  road.receive(packets);
  CHECK(road.settler.said() == "");
  CHECK(road.judge.waiting() == 2);
  road.scope.poll();
  CHECK(road.settler.said() == "1 1710, 2 1710");
  CHECK(asked == 1);
  CHECK(road.judge.waiting() == 0);
}

TEST_CASE(
    "where the program was given a name again that is not told yet the resolver is asked first") {
  Road road(APP_MAY_EXAMPLE);
  uint asked = 0;
  RetoldTableWriter retold;
  road.lookups.offered(kj::heap<FakeLookup>("example.org", asked), retold.descriptor());
  road.receive({.tuple = udp("192.0.2.10", 33333, "127.0.0.1", 53), .id = 1});
  AskerTableReader table(road.askers.table());
  auto word = KJ_ASSERT_NONNULL(table.of(rules::address("192.0.2.10"), 33333)).word.process;
  road.give("example.org", "203.0.113.5");
  road.give("other.test", "203.0.113.5");
  road.settler.said();
  retold.given(word);
  road.receive({.tuple = WEB, .id = 2});
  road.scope.poll();
  CHECK(asked == 1);
  CHECK(road.settler.said() == "2 1710");
  road.lookups.toldUpTo(1);
  road.receive({.tuple = tcp("192.0.2.10", 40001, "203.0.113.5", 443), .id = 3});
  road.advance(0 * kj::SECONDS);
  CHECK(asked == 1);
  CHECK(road.settler.said() == "3 1710");
}

TEST_CASE("a name that is told just before the packet is known also where no rule hangs on it") {
  Road road(APP_MAY);
  road.receive({.tuple = udp("192.0.2.10", 33333, "127.0.0.1", 53), .id = 1});
  road.settler.said();
  road.receive({.tuple = WEB, .id = 2});
  CHECK(road.settler.said() == "");
  road.give("example.org", "203.0.113.5");
  road.advance(0 * kj::SECONDS);
  CHECK(road.settler.said() == "2 1710");
  CHECK(road.flows.findOpen(WEB)->names[0].name == "example.org");
}

TEST_CASE("where no name could change the verdict nobody is asked") {
  Road road(kj::str(APP_MAY, APP_MAY_EXAMPLE));
  uint asked = 0;
  road.lookups.offered(kj::heap<FakeLookup>("example.org", asked), nullptr);
  CHECK(road.verdictOn({.tuple = WEB, .id = 1}) == "1 1710");
  CHECK(road.verdictOn({.tuple = WEB, .id = 2, .instance = 2, .path = "/usr/bin/other"_kj}) ==
        "2 1711");
  CHECK(asked == 0);
}

TEST_CASE(
    "who goes to an address that stands for a name waits for the name, whatever the rules say") {
  Road road("[[rule]]\nname = \"away\"\naction = \"gate17\"\n");
  uint asked = 0;
  road.lookups.offered(kj::heap<FakeLookup>("example.org", asked), nullptr);
  auto there = tcp("192.0.2.10", 40000, "198.18.0.1", 443);
  CHECK(road.verdictOn({.tuple = there, .id = 1}) == "1 1717");
  CHECK(asked == 1);
  CHECK(road.newest().judgement.domain == "example.org");
}

TEST_CASE("just after the start a flow waits for the resolver to come, but not for ever") {
  Road road(APP_MAY_EXAMPLE);
  road.receive({.tuple = WEB, .id = 1});
  CHECK(road.settler.said() == "");
  SUBCASE("it comes") {
    uint asked = 0;
    road.lookups.offered(kj::heap<FakeLookup>("example.org", asked), nullptr);
    road.scope.poll();
    CHECK(road.settler.said() == "1 1710");
  }
  SUBCASE("it does not") {
    road.advance(2 * kj::SECONDS);
    CHECK(road.settler.said() == "1 1711");
  }
}

TEST_CASE("whoever sent a DNS query is known by its end before the query has its verdict") {
  Road road("");
  auto query = udp("192.0.2.10", 33333, "9.9.9.9", 53);
  CHECK(road.verdictOn({.tuple = query, .id = 1}) == "1 1799");
  auto asSeen = udp("192.0.2.10", 33333, "127.0.0.1", 53);
  auto asker = KJ_ASSERT_NONNULL(road.askers.find(asSeen));
  CHECK(asker->path == "/usr/bin/app");
}

// Turned flows ------------------------------------------------------------------------------------

TEST_CASE("a flow that conntrack knows already begins anew when it is to be turned") {
  Road road(kj::str(APP_MAY, "once = true\n"));
  CHECK(road.verdictOn({.tuple = WEB, .id = 1}) == "1 1700");
  road.rules(
      "[[rule]]\nname = \"by Gate17\"\naction = \"gate17\"\nprocess = { path = \"/usr/bin/app\" "
      "}\n");
  CHECK(road.verdictOn({.tuple = WEB, .id = 2, .tcpFlags = ACK}) == "2 1702");
  CHECK(road.kernel.said() ==
        "destroy tcp 192.0.2.10:40000 -> 203.0.113.5:443\n"
        "delete tcp 192.0.2.10:40000 -> 203.0.113.5:443");
  CHECK(road.flows.openCount() == 0);
  CHECK(road.verdictOn({.tuple = WEB, .id = 3}) == "3 1717");
}

TEST_CASE("a TCP query in the middle, to another host's name server, has to connect again") {
  Road road("");
  auto query = tcp("192.0.2.10", 33333, "9.9.9.9", 53);
  CHECK(road.verdictOn({.tuple = query, .id = 1, .tcpFlags = ACK}) == "1 1702");
  CHECK(road.kernel.said() ==
        "destroy tcp 192.0.2.10:33333 -> 9.9.9.9:53\ndelete tcp 192.0.2.10:33333 -> 9.9.9.9:53");
}

}  // namespace
}  // namespace portreeve::policy
