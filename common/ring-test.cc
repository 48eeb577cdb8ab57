// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/ring.h"

#include <doctest/doctest.h>
#include <kj/async-io.h>
#include <sys/socket.h>
#include <unistd.h>

namespace portreeve {
namespace {

struct Arrow {
  kj::AsyncIoContext io = kj::setupAsyncIo();
  RingPair pair = makeRingPair();
  RingMessage message;
  kj::Vector<uint64_t> ids;

  RingReceiver::OnMessage collect() {
    return [this](capnp::MessageReader& reader) {
      for (auto verdict : reader.getRoot<proto::SettleBatch>().getVerdicts())
        ids.add(verdict.getId());
    };
  }
  capnp::MessageBuilder& batch(uint64_t first, uint count) {
    auto verdicts = message.begin<proto::SettleBatch>().initVerdicts(count);
    for (uint i = 0; i < count; i++) verdicts[i].setId(first + i);
    return message.builder();
  }
};

TEST_CASE("a batch arrives as it was sent, also after a larger one used the same memory") {
  Arrow arrow;
  RingSender sender(kj::mv(arrow.pair.sender));
  RingReceiver receiver(arrow.io.unixEventPort, kj::mv(arrow.pair.receiver), arrow.collect());
  CHECK(sender.send(arrow.batch(1, 2000)) == RingSender::Sent::YES);
  CHECK(sender.send(arrow.batch(7, 1)) == RingSender::Sent::YES);
  auto done = receiver.receive();
  CHECK_FALSE(done.poll(arrow.io.waitScope));
  REQUIRE(arrow.ids.size() == 2001);
  CHECK(arrow.ids[1999] == 2000);
  CHECK(arrow.ids[2000] == 7);
}

TEST_CASE("a full arrow says so and loses nothing that it took") {
  Arrow arrow;
  RingSender sender(kj::mv(arrow.pair.sender));
  uint taken = 0;
  while (sender.send(arrow.batch(taken, 1)) == RingSender::Sent::YES) taken++;
  CHECK(sender.send(arrow.batch(0, 1)) == RingSender::Sent::FULL);
  RingReceiver receiver(arrow.io.unixEventPort, kj::mv(arrow.pair.receiver), arrow.collect());
  auto done = receiver.receive();
  CHECK_FALSE(done.poll(arrow.io.waitScope));
  CHECK(arrow.ids.size() == taken);
}

TEST_CASE("in rounds, other events have their turn between so many messages") {
  Arrow arrow;
  RingSender sender(kj::mv(arrow.pair.sender));
  RingReceiver receiver(arrow.io.unixEventPort, kj::mv(arrow.pair.receiver), arrow.collect());
  for (uint i = 0; i < 5; i++) sender.send(arrow.batch(i, 1));
  kj::Vector<size_t> seenAfterRound;
  auto done = receiver.receiveInRounds(arrow.io.provider->getTimer(), 2,
                                       [&]() { seenAfterRound.add(arrow.ids.size()); });
  CHECK_FALSE(done.poll(arrow.io.waitScope));
  REQUIRE(seenAfterRound.size() >= 1);
  CHECK(seenAfterRound[0] == 2);
  while (arrow.ids.size() < 5) CHECK_FALSE(done.poll(arrow.io.waitScope));

  CHECK(seenAfterRound.back() == 5);
}

TEST_CASE("a receiver that went away closes the arrow for the sender") {
  Arrow arrow;
  RingSender sender(kj::mv(arrow.pair.sender));
  arrow.pair.receiver = nullptr;
  CHECK(sender.send(arrow.batch(1, 1)) == RingSender::Sent::CLOSED);
}

TEST_CASE("receiving ends when the sender closes") {
  Arrow arrow;
  RingReceiver receiver(arrow.io.unixEventPort, kj::mv(arrow.pair.receiver), arrow.collect());
  auto done = receiver.receive();
  CHECK_FALSE(done.poll(arrow.io.waitScope));
  arrow.pair.sender = nullptr;
  done.wait(arrow.io.waitScope);
}

TEST_CASE("garbage is counted and thrown away, and the next message still arrives") {
  Arrow arrow;
  int raw = dup(arrow.pair.sender);
  kj::AutoCloseFd rawCloser(raw);
  RingSender sender(kj::mv(arrow.pair.sender));
  RingReceiver receiver(arrow.io.unixEventPort, kj::mv(arrow.pair.receiver), arrow.collect());
  char noise[64];
  for (size_t length : {1, 7, 8, 16, 64}) {
    memset(noise, 0xff, sizeof noise);
    REQUIRE(::send(raw, noise, length, 0) == ssize_t(length));
  }
  CHECK(sender.send(arrow.batch(5, 1)) == RingSender::Sent::YES);
  auto done = receiver.receive();
  CHECK_FALSE(done.poll(arrow.io.waitScope));
  CHECK(receiver.malformed() == 5);
  REQUIRE(arrow.ids.size() == 1);
  CHECK(arrow.ids[0] == 5);
}

}  // namespace
}  // namespace portreeve
