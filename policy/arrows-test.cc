// SPDX-License-Identifier: GPL-3.0-or-later
#include "policy/attributed-arrow.h"
#include "policy/settle-arrow.h"

#include <doctest/doctest.h>
#include <kj/async-io.h>
#include <unistd.h>

namespace portreeve::policy {
namespace {

struct Loop {
  kj::AsyncIoContext io = kj::setupAsyncIo();
  kj::TimerImpl timer{kj::origin<kj::TimePoint>()};

  void turn() {
    // Once round, with a look at every descriptor.
    io.provider->getTimer().afterDelay(0 * kj::NANOSECONDS).wait(io.waitScope);
    io.waitScope.poll();
  }
};

struct Receiver {
  kj::Vector<kj::String> verdicts;
  unsigned messages = 0;
  RingReceiver ring;
  kj::Promise<void> receiving;

  Receiver(kj::UnixEventPort& port, kj::AutoCloseFd fd)
      : ring(port, kj::mv(fd),
             [this](capnp::MessageReader& message) {
               messages++;
               for (auto one : message.getRoot<proto::SettleBatch>().getVerdicts())
                 verdicts.add(kj::str(one.getId()));
             }),
        receiving(ring.receive().eagerlyEvaluate(nullptr)) {}
};

TEST_CASE("verdicts of one flush go out together") {
  Loop loop;
  SettleArrow arrow(loop.timer, []() {});
  auto pair = makeRingPair();
  arrow.open(kj::mv(pair.sender));
  Receiver receiver(loop.io.unixEventPort, kj::mv(pair.receiver));
  for (uint64_t id = 1; id <= 3; id++) arrow.settle(id, proto::Verdict::ACCEPT);
  arrow.flush();
  loop.turn();
  CHECK(kj::strArray(receiver.verdicts, " ") == "1 2 3");
  CHECK(receiver.messages == 1);
  CHECK(arrow.counters().settled == 3);
}

TEST_CASE("verdicts from before the arrow is open wait for it, the newest that there is room for") {
  Loop loop;
  SettleArrow arrow(
      loop.timer, []() {}, 3);
  for (uint64_t id = 1; id <= 5; id++) arrow.settle(id, proto::Verdict::DROP);
  arrow.flush();
  CHECK(arrow.counters().givenUp == 2);
  auto pair = makeRingPair();
  Receiver receiver(loop.io.unixEventPort, kj::mv(pair.receiver));
  arrow.open(kj::mv(pair.sender));
  loop.turn();
  CHECK(kj::strArray(receiver.verdicts, " ") == "3 4 5");
}

TEST_CASE("a full arrow is tried again when its reader had time") {
  Loop loop;
  SettleArrow arrow(loop.timer, []() {});
  auto pair = makeRingPair();
  arrow.open(kj::mv(pair.sender));
  uint64_t sent = 0;
  while (arrow.counters().full == 0) {
    arrow.settle(++sent, proto::Verdict::ACCEPT);
    arrow.flush();
  }
  Receiver receiver(loop.io.unixEventPort, kj::mv(pair.receiver));
  loop.turn();
  CHECK(receiver.verdicts.size() == sent - 1);
  loop.timer.advanceTo(loop.timer.now() + 10 * kj::MILLISECONDS);
  loop.turn();
  loop.turn();
  CHECK(receiver.verdicts.size() == sent);
}

TEST_CASE("an arrow whose reader has gone is said, and what waits goes to the next one") {
  Loop loop;
  unsigned closed = 0;
  SettleArrow arrow(loop.timer, [&]() { closed++; });
  {
    auto pair = makeRingPair();
    arrow.open(kj::mv(pair.sender));
  }
  arrow.settle(1, proto::Verdict::ACCEPT);
  arrow.flush();
  CHECK(closed == 1);
  CHECK_FALSE(arrow.isOpen());
  auto pair = makeRingPair();
  Receiver receiver(loop.io.unixEventPort, kj::mv(pair.receiver));
  arrow.open(kj::mv(pair.sender));
  loop.turn();
  CHECK(kj::strArray(receiver.verdicts, " ") == "1");
}

TEST_CASE("attributed packets arrive by the arrow that was handed over last") {
  Loop loop;
  kj::Vector<uint64_t> ids;
  AttributedArrow arrow(loop.io.unixEventPort, [&](proto::AttributedBatch::Reader batch) {
    for (auto flow : batch.getFlows()) ids.add(flow.getId());
  });
  auto send = [&](proto::RingSocket::Client& socket, uint64_t id) {
    int fd = KJ_ASSERT_NONNULL(socket.getFd().wait(loop.io.waitScope));
    RingSender sender{kj::AutoCloseFd(dup(fd))};
    RingMessage message;
    message.begin<proto::AttributedBatch>().initFlows(1)[0].setId(id);
    return sender.send(message.builder());
  };
  auto first = arrow.open();
  CHECK(send(first, 1) == RingSender::Sent::YES);
  loop.turn();
  auto second = arrow.open();
  loop.turn();
  CHECK(send(first, 2) == RingSender::Sent::CLOSED);
  CHECK(send(second, 3) == RingSender::Sent::YES);
  loop.turn();
  CHECK(kj::str(ids) == "1, 3");
  CHECK(arrow.connected());
}

}  // namespace
}  // namespace portreeve::policy
