// SPDX-License-Identifier: GPL-3.0-or-later
#include "attributor/existing.h"

#include <capnp/message.h>
#include <doctest/doctest.h>
#include <kj/debug.h>

#include <vector>

namespace portreeve::attributor {
namespace {

using proto::Hook;

DiagSocket socket(uint8_t protocol, kj::StringPtr local, uint16_t localPort, kj::StringPtr remote,
                  uint16_t remotePort, uint8_t state = STATE_ESTABLISHED, uint64_t inode = 1) {
  DiagSocket socket;
  socket.tuple.protocol = protocol;
  socket.tuple.source = KJ_ASSERT_NONNULL(Address::parse(local));
  socket.tuple.destination = KJ_ASSERT_NONNULL(Address::parse(remote));
  socket.tuple.sourcePort = localPort;
  socket.tuple.destinationPort = remotePort;
  socket.state = state;
  socket.inode = inode;
  return socket;
}

kj::Vector<ExistingFlow> among(const std::vector<DiagSocket>& sockets) {
  return connectionsAmong(kj::arrayPtr(sockets.data(), sockets.size()));
}

TEST_CASE("a connection to a port that is listened on came in, others went out") {
  auto flows = among({socket(6, "0.0.0.0", 22, "0.0.0.0", 0, STATE_LISTEN),
                      socket(6, "192.0.2.1", 22, "198.51.100.2", 40000),
                      socket(6, "192.0.2.1", 50000, "198.51.100.2", 443)});
  REQUIRE(flows.size() == 2);
  CHECK(flows[0].hook == Hook::INPUT);
  CHECK(flows[1].hook == Hook::OUTPUT);
  CHECK_FALSE(flows[0].loopback);
}

TEST_CASE("a listener on [::] takes IPv4, too; one on another address takes nothing here") {
  auto flows = among({socket(6, "::", 22, "::", 0, STATE_LISTEN),
                      socket(6, "192.0.2.9", 443, "0.0.0.0", 0, STATE_LISTEN),
                      socket(6, "192.0.2.1", 22, "198.51.100.2", 40000),
                      socket(6, "192.0.2.1", 443, "198.51.100.2", 443),
                      socket(6, "192.0.2.9", 443, "198.51.100.2", 443)});
  REQUIRE(flows.size() == 3);
  CHECK(flows[0].hook == Hook::INPUT);
  CHECK(flows[1].hook == Hook::OUTPUT);
  CHECK(flows[2].hook == Hook::INPUT);
}

TEST_CASE("a UDP socket beside one that takes anybody's datagrams came in") {
  auto flows = among({socket(17, "0.0.0.0", 5000, "0.0.0.0", 0, STATE_CLOSE),
                      socket(17, "192.0.2.1", 5000, "198.51.100.2", 6000),
                      socket(17, "192.0.2.1", 7000, "198.51.100.2", 53)});
  REQUIRE(flows.size() == 2);
  CHECK(flows[0].hook == Hook::INPUT);
  CHECK(flows[1].hook == Hook::OUTPUT);
}

TEST_CASE("TCP's listener says nothing about UDP") {
  auto flows = among({socket(6, "0.0.0.0", 53, "0.0.0.0", 0, STATE_LISTEN),
                      socket(17, "192.0.2.1", 53, "198.51.100.2", 53)});
  REQUIRE(flows.size() == 1);
  CHECK(flows[0].hook == Hook::OUTPUT);
}

TEST_CASE("both ends of a connection within the host know each other") {
  auto flows = among({socket(6, "127.0.0.1", 5432, "0.0.0.0", 0, STATE_LISTEN),
                      socket(6, "127.0.0.1", 40000, "127.0.0.1", 5432),
                      socket(6, "127.0.0.1", 5432, "127.0.0.1", 40000),
                      socket(6, "192.0.2.1", 5000, "192.0.2.1", 5001),
                      socket(6, "192.0.2.1", 5001, "192.0.2.1", 5000)});
  REQUIRE(flows.size() == 4);
  CHECK(flows[0].loopback);
  CHECK(flows[0].hook == Hook::OUTPUT);
  CHECK(KJ_ASSERT_NONNULL(flows[0].peer) == 1);
  CHECK(flows[1].loopback);
  CHECK(flows[1].hook == Hook::INPUT);
  CHECK(flows[1].peer == nullptr);
  CHECK(flows[2].loopback);
}

TEST_CASE("a connection that waits for its listener to take it is the listener's") {
  auto flows = among({socket(6, "0.0.0.0", 22, "0.0.0.0", 0, STATE_LISTEN, 77),
                      socket(6, "192.0.2.1", 22, "198.51.100.2", 40000, STATE_ESTABLISHED, 0)});
  REQUIRE(flows.size() == 1);
  CHECK(flows[0].held.inode == 77);
  CHECK(flows[0].socket.inode == 0);
}

TEST_CASE("a connection that is only being asked for is none yet") {
  CHECK(among({socket(6, "192.0.2.1", 50000, "198.51.100.2", 443, STATE_SYN_SENT)}).empty());
}

TEST_CASE("what a process has closed already is left out") {
  CHECK(among({socket(6, "192.0.2.1", 50000, "198.51.100.2", 443, 4, 0)}).empty());
}

TEST_CASE("a long list comes in pages, each flow once, none too long for a message") {
  ExistingPages pages;
  auto list = [](uint64_t count) {
    kj::Vector<AttributedFlow> flows;
    for (uint64_t id = 1; id <= count; id++) {
      AttributedFlow flow;
      flow.packet.id = id;
      flows.add(kj::mv(flow));
    }
    return flows;
  };
  pages.begin(list(5000));
  uint64_t after = 0, seen = 0, rounds = 0;
  do {
    capnp::MallocMessageBuilder message;
    auto results = message.initRoot<proto::Attributor::ExistingResults>();
    pages.fill(after, results);
    CHECK(message.sizeInWords() * sizeof(capnp::word) < 1 << 20);
    for (auto flow : results.asReader().getFlows()) CHECK(flow.getId() == ++seen);
    after = results.getNext();
    rounds++;
  } while (after != 0);
  CHECK(seen == 5000);
  CHECK(rounds > 1);

  SUBCASE("and is forgotten then") {}
  SUBCASE("an empty one is one empty page") {
    pages.begin(list(0));
  }
  capnp::MallocMessageBuilder message;
  auto results = message.initRoot<proto::Attributor::ExistingResults>();
  pages.fill(0, results);
  CHECK(results.getFlows().size() == 0);
  CHECK(results.getNext() == 0);
}

}  // namespace
}  // namespace portreeve::attributor
