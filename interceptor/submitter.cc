// SPDX-License-Identifier: GPL-3.0-or-later
#include "interceptor/submitter.h"

#include "common/descriptor-capability.h"
#include "common/log.h"
#include "interceptor/ring-buffer.h"

#include <kj/debug.h>

namespace portreeve::interceptor {
namespace {

constexpr auto BEFORE_REOPENING = 20 * kj::MILLISECONDS;

}  // namespace

Submitter::Submitter(kj::LowLevelAsyncIoProvider& provider, kj::Timer& timer,
                     kj::StringPtr attributorSocket, const Pending& pending, uint64_t netns)
    : timer(timer),
      pending(pending),
      netns(netns),
      tasks(*this),
      peer(provider, timer, attributorSocket, [this](capnp::Capability::Client attributor) {
        return establish(attributor.castAs<proto::Attributor>());
      }) {}

kj::Promise<void> Submitter::establish(proto::Attributor::Client attributor) {
  return descriptorOf(attributor.packetsRequest().send().getInlet())
      .then([this](kj::Maybe<kj::AutoCloseFd> sender) {
        open(KJ_REQUIRE_NONNULL(kj::mv(sender), "the attributor's inlet carries no descriptor"));
      });
}

void Submitter::open(kj::AutoCloseFd sender) {
  enlargeSendBuffer(sender);
  arrow = RingSender(kj::mv(sender));
  resubmit();
}

void Submitter::lost() {
  // Mostly the attributor has died and its connection is dialled anew, which calls `establish`.
  // Otherwise it has dropped the socket alone.
  arrow = nullptr;
  tasks.add(timer.afterDelay(BEFORE_REOPENING).then([this]() { return reopen(); }));
}

kj::Promise<void> Submitter::reopen() {
  if (arrow != nullptr || !peer.connected()) return kj::READY_NOW;
  auto attributor = KJ_ASSERT_NONNULL(peer.bootstrap()).castAs<proto::Attributor>();
  return establish(kj::mv(attributor)).catch_([this](kj::Exception&& e) {
    log::exception("asking the attributor for a new arrow", e);
    lost();
  });
}

void Submitter::add(const PendingPacket& packet) {
  batch[batched++] = &packet;
  if (batched == proto::RING_BATCH_PACKETS) flush();
}

void Submitter::flush() {
  if (batched == 0) return;
  KJ_IF_MAYBE (sender, arrow) {
    switch (sendBatch(*sender)) {
      case RingSender::Sent::YES:
        counts.submitted += batched;
        break;
      case RingSender::Sent::FULL:
        counts.full += batched;
        break;
      case RingSender::Sent::CLOSED:
        counts.away += batched;
        lost();
        break;
    }
  } else {
    counts.away += batched;
  }
  batched = 0;
}

RingSender::Sent Submitter::sendBatch(RingSender& sender) {
  auto packets = message.begin<proto::PacketBatch>().initPackets(batched);
  for (unsigned i = 0; i < batched; i++) toRing(*batch[i], netns, packets[i]);
  return sender.send(message.builder());
}

void Submitter::resubmit() {
  flush();
  auto before = counts.submitted;
  pending.forEach([this](const PendingPacket& packet) { add(packet); });
  flush();
  counts.resubmitted += counts.submitted - before;
}

void Submitter::taskFailed(kj::Exception&& e) {
  log::exception("submitting packets", e);
}

void toRing(const PendingPacket& packet, uint64_t netns, proto::Packet::Builder builder) {
  auto& facts = packet.facts;
  builder.setId(packet.id);
  builder.setHook(facts.hook);
  builder.setFamily(facts.family);
  builder.setQueue(facts.queue);
  builder.setNetns(netns);
  builder.setMark(facts.mark);
  builder.setInInterface(facts.inInterface);
  builder.setOutInterface(facts.outInterface);
  builder.setUid(facts.uid);
  builder.setArrived(facts.arrived);
  builder.setQueued(facts.queued);
  builder.setNotBefore(facts.notBefore);
  builder.setLength(facts.length);
  builder.setStart(kj::arrayPtr(packet.start, packet.startLength));
}

}  // namespace portreeve::interceptor
