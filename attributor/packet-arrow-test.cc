// SPDX-License-Identifier: GPL-3.0-or-later
#include "attributor/packet-arrow.h"

#include "attributor/fake-noted-owners.h"
#include "attributor/fake-reader.h"
#include "attributor/packet-samples.h"

#include <doctest/doctest.h>
#include <fcntl.h>

#include <vector>

namespace portreeve::attributor {
namespace {

class NoSockets final : public SocketSearch {
public:
  bool failing = false;
  kj::Maybe<DiagSocket> find(const Tuple&, uint32_t) override {
    KJ_REQUIRE(!failing, "the kernel has no memory");
    return nullptr;
  }
  kj::Maybe<DiagSocket> findOnPort(const Tuple&) override { return nullptr; }
  bool knows(uint8_t) const override { return true; }
};

struct Road {
  FakeReader reader;
  FakeNotedOwners noted;
  FakeExaminer examiner;
  ProcessCache processes{reader.link, reader.timer, noted, examiner};
  ProcNet procNet{reader.link, reader.timer};
  Interfaces interfaces;
  NoSockets sockets;
  std::vector<uint64_t> ids;
  std::vector<kj::StringPtr> reasons;
  Attribution attribution{
      sockets, processes, procNet, interfaces, noted, [this](AttributedFlow&& flow) {
        ids.push_back(flow.packet.id);
        reasons.push_back(flow.process.reason);
      }};
};

ArrivedPacket packet(uint64_t id, proto::Hook hook) {
  ArrivedPacket packet;
  packet.id = id;
  packet.hook = hook;
  packet.header = readSample(ipv4(6, tcp(1, 2, 2)), proto::Family::IPV4);
  return packet;
}

TEST_CASE("what leaves is taken up first, what arrives a part at a time") {
  Road road;
  PacketQueue queue(road.attribution);
  for (uint64_t id = 1; id <= 300; id++) queue.add(packet(id, proto::Hook::INPUT));
  queue.add(packet(1000, proto::Hook::OUTPUT));
  CHECK(queue.work());
  CHECK(road.ids.front() == 1000);
  CHECK(road.ids.size() == 129);
  queue.add(packet(1001, proto::Hook::OUTPUT));
  CHECK(queue.work());
  CHECK(road.ids[129] == 1001);
  CHECK_FALSE(queue.work());
  CHECK(road.ids.size() == 302);
}

TEST_CASE("a flood passes on without a look, and says so") {
  Road road;
  PacketQueue queue(road.attribution);
  for (uint64_t id = 1; id <= 8200; id++) queue.add(packet(id, proto::Hook::INPUT));
  CHECK(queue.overflowed() == 8);
  REQUIRE(road.ids.size() == 8);
  CHECK(road.ids[0] == 1);
  CHECK(road.reasons[0] == "there was too much to look up at once");
}

TEST_CASE("a packet that the kernel cannot be asked about goes on as unknown") {
  Road road;
  road.sockets.failing = true;
  PacketQueue queue(road.attribution);
  queue.add(packet(1, proto::Hook::OUTPUT));
  queue.add(packet(2, proto::Hook::OUTPUT));
  queue.work();
  CHECK(road.ids == std::vector<uint64_t>{1, 2});
}

TEST_CASE("packets come by the arrow that was handed out; a new one replaces the one before") {
  Road road;
  auto& io = road.reader.io;
  uint begun = 0, rounds = 0;
  PacketArrow arrow(
      io.unixEventPort, io.provider->getTimer(), road.attribution, [&]() { begun++; },
      [&]() { rounds++; });
  CHECK_FALSE(arrow.connected());
  auto sendOn = [&](proto::RingSocket::Client socket, uint64_t id) {
    int fd = KJ_ASSERT_NONNULL(socket.getFd().wait(io.waitScope));
    RingSender sender(kj::AutoCloseFd(fcntl(fd, F_DUPFD_CLOEXEC, 0)));
    RingMessage message;
    auto list = message.begin<proto::PacketBatch>().initPackets(1);
    auto bytes = ipv4(6, tcp(1, 2, 2));
    list[0].setId(id);
    list[0].setUid(7);
    list[0].setLength(uint32_t(bytes.size()));
    list[0].setStart(kj::arrayPtr(bytes.data(), bytes.size()));
    return sender.send(message.builder());
  };
  auto first = arrow.open();
  CHECK(arrow.connected());
  CHECK(sendOn(first, 1) == RingSender::Sent::YES);
  io.waitScope.poll();
  CHECK(road.ids == std::vector<uint64_t>{1});
  CHECK(arrow.packets() == 1);
  CHECK(rounds > 0);
  CHECK(begun == rounds);
  auto second = arrow.open();
  CHECK(sendOn(first, 2) == RingSender::Sent::CLOSED);
  CHECK(sendOn(second, 3) == RingSender::Sent::YES);
  io.waitScope.poll();
  CHECK(road.ids == std::vector<uint64_t>{1, 3});
}

TEST_CASE("an interceptor that went away is noticed") {
  Road road;
  auto& io = road.reader.io;
  PacketArrow arrow(
      io.unixEventPort, io.provider->getTimer(), road.attribution, []() {}, []() {});
  { auto socket = arrow.open(); }
  io.waitScope.poll();
  CHECK_FALSE(arrow.connected());
}

}  // namespace
}  // namespace portreeve::attributor
