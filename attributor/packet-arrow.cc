// SPDX-License-Identifier: GPL-3.0-or-later
#include "attributor/packet-arrow.h"

#include "common/log.h"

namespace portreeve::attributor {
namespace {

constexpr uint MESSAGES_A_ROUND = 8;
constexpr uint INCOMING_A_ROUND = 128;  // half a millisecond's work
constexpr size_t MAX_INCOMING = 8192;

}  // namespace

void PacketQueue::add(const ArrivedPacket& packet) {
  if (packet.hook == proto::Hook::OUTPUT) return outgoing.push_back(packet);
  incoming.push_back(packet);
  if (incoming.size() <= MAX_INCOMING) return;
  // The newest may yet get its answer in time; the oldest goes without a name.
  tooMany++;
  attribution.passUnlooked(incoming.front());
  incoming.pop_front();
}

bool PacketQueue::work() {
  while (!outgoing.empty()) takeFirst(outgoing);
  for (uint i = 0; i < INCOMING_A_ROUND && !incoming.empty(); i++) takeFirst(incoming);
  return !incoming.empty();
}

void PacketQueue::takeFirst(std::deque<ArrivedPacket>& from) {
  auto packet = from.front();
  from.pop_front();
  // The kernel may be out of memory for this one; the ring must not end of it.
  KJ_IF_MAYBE (problem, kj::runCatchingExceptions([&]() { attribution.attribute(packet); })) {
    log::exception("attributing a packet", *problem);
    attribution.passUnlooked(packet);
  }
}

PacketArrow::PacketArrow(kj::UnixEventPort& port, kj::Timer& timer, Attribution& attribution,
                         kj::Function<void()> beforeRound, kj::Function<void()> afterRound)
    : timer(timer),
      queue(attribution),
      beforeRound(kj::mv(beforeRound)),
      afterRound(kj::mv(afterRound)),
      tasks(*this),
      inlet(
          port,
          [this](capnp::MessageReader& message) { take(message.getRoot<proto::PacketBatch>()); },
          [this](RingReceiver& from) {
            return from.receiveInRounds(this->timer, MESSAGES_A_ROUND, [this]() { work(); });
          },
          "receiving packets") {}

proto::RingSocket::Client PacketArrow::open() {
  return inlet.open().socket;
}

void PacketArrow::take(proto::PacketBatch::Reader batch) {
  for (auto packet : batch.getPackets()) {
    received++;
    queue.add(ArrivedPacket::from(packet));
  }
}

void PacketArrow::work() {
  beforeRound();
  bool more = queue.work();
  afterRound();
  if (!more || workScheduled) return;
  workScheduled = true;
  // Through the timer, not evalLater: the loop must look at every descriptor in between.
  tasks.add(timer.afterDelay(0 * kj::NANOSECONDS).then([this]() {
    workScheduled = false;
    work();
  }));
}

void PacketArrow::taskFailed(kj::Exception&& e) {
  log::exception("attributing packets", e);
}

}  // namespace portreeve::attributor
