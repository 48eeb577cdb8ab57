// SPDX-License-Identifier: GPL-3.0-or-later
#include "policy/self-probe.h"

#include "policy/test-road.h"

#include <doctest/doctest.h>

namespace portreeve::policy {
namespace {

const Tuple DATAGRAM = udp("127.0.0.1", 40000, "127.0.0.2", 40001);
const Tuple DATAGRAM6 = udp("::1", 40000, "::1", 40001);

FakePacket out(const Tuple& tuple = DATAGRAM) {
  return {.tuple = tuple, .id = 1, .loopback = true};
}

FakePacket in(const Tuple& tuple = DATAGRAM) {
  return {.tuple = tuple, .id = 2, .hook = proto::Hook::INPUT, .loopback = true};
}

kj::String states(const SelfProbe& probe) {
  capnp::MallocMessageBuilder message;
  auto status = message.initRoot<proto::view::ProcessStatus>();
  probe.fill(status);
  kj::Vector<kj::String> words;
  for (auto one : status.asReader().getProbes())
    words.add(kj::str(one.getHook(), ' ', one.getFamily(), ' ', one.getState()));
  return kj::strArray(words, ", ");
}

kj::StringPtr failure(const Road& road) {
  return road.probe.failure().orDefault("none"_kj);
}

}  // namespace

TEST_CASE(
    "a datagram of the self-probe passes each hook once, whatever the rules, and is no flow") {
  Road road("[[rule]]\nname = \"nothing\"\naction = \"drop\"\n");
  road.probe.expect(DATAGRAM);
  CHECK(road.verdictOn(out()) == "1 1700");
  CHECK(road.verdictOn(in()) == "2 1700");
  CHECK(road.count() == 0);
  road.probe.concluded(DATAGRAM, true, rules::NOW);
  CHECK(states(road.probe) ==
        "out ipv4 passing, out ipv6 untried, in ipv4 passing, in ipv6 untried");
  CHECK(road.verdictOn(out()) == "1 1712");
}

TEST_CASE("what is not expected, or comes by another way than loopback, is judged by the rules") {
  Road road("");
  CHECK(road.verdictOn(in()) != "2 1700");
  road.probe.expect(DATAGRAM);
  auto outside = out();
  outside.loopback = false;
  CHECK(road.verdictOn(outside) != "1 1700");
}

TEST_CASE("only datagrams between loopback addresses are taken for a self-probe, and not many") {
  Road road("");
  CHECK_THROWS(road.probe.expect(udp("127.0.0.1", 1, "203.0.113.5", 53)));
  CHECK_THROWS(road.probe.expect(udp("192.0.2.10", 1, "127.0.0.1", 53)));
  CHECK_THROWS(road.probe.expect(tcp("127.0.0.1", 1, "127.0.0.1", 53)));
  for (uint i = 0; i < SelfProbe::MOST_EXPECTED; i++) road.probe.expect(DATAGRAM);
  CHECK_THROWS(road.probe.expect(DATAGRAM));
}

TEST_CASE("a hook that brings no packet fails at the second loss, is said and is repaired once") {
  Road road("");
  for (uint i = 1; i <= 3; i++) {
    road.probe.expect(DATAGRAM);
    road.probe.concluded(DATAGRAM, false, rules::NOW);
    CHECK((failure(road) == "none") == (i == 1));
  }
  CHECK(failure(road) ==
        "outgoing IPv4 packets do not come up by queue 17040: a packet of our own did not");
  CHECK(kj::strArray(road.repaired, ",") == "0 0");
}

TEST_CASE("a failing hook passes again with the first datagram that comes through") {
  Road road("");
  for (uint i = 0; i < 2; i++) {
    road.probe.expect(DATAGRAM6);
    road.probe.concluded(DATAGRAM6, false, rules::NOW);
  }
  CHECK(failure(road) != "none");
  road.probe.expect(DATAGRAM6);
  road.verdictOn(out(DATAGRAM6));
  road.verdictOn(in(DATAGRAM6));
  road.probe.concluded(DATAGRAM6, true, rules::NOW);
  CHECK(failure(road) == "none");
}

TEST_CASE("it is told apart where a datagram stopped") {
  auto twice = [](bool comesOut, bool comesIn, bool arrives) {
    Road road("");
    for (uint i = 0; i < 2; i++) {
      road.probe.expect(DATAGRAM);
      if (comesOut) road.verdictOn(out());
      if (comesIn) road.verdictOn(in());
      road.probe.concluded(DATAGRAM, arrives, rules::NOW);
    }
    return kj::str(failure(road));
  };
  CHECK(twice(true, true, true) == "none");
  CHECK(twice(false, false, true) ==
        "outgoing IPv4 packets pass without being asked about: our rules are not in force, or "
        "another program's accept before them");
  CHECK(twice(true, false, false) ==
        "arriving IPv4 packets do not come up by queue 17140: a packet of our own did not");
  CHECK(twice(true, true, false) ==
        "an allowed IPv4 packet of our own did not arrive over loopback: verdicts do not reach the "
        "kernel, or another program's rule drops it");
}

}  // namespace portreeve::policy
