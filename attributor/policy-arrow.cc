// SPDX-License-Identifier: GPL-3.0-or-later
#include "attributor/policy-arrow.h"

#include "common/clock.h"
#include "common/descriptor-capability.h"
#include "common/log.h"

#include <kj/debug.h>
#include <poll.h>

namespace portreeve::attributor {
namespace {

constexpr size_t FLOW_WORDS = 48;  // proto::Attributed with its tuple, without processes
constexpr size_t BATCH_WORDS = proto::RING_MESSAGE_BYTES / sizeof(capnp::word) - 128;
// The rest is for the segment table and for what the segments leave unused at their ends.

constexpr auto BEFORE_REOPENING = 20 * kj::MILLISECONDS;

bool otherEndIsHeld(int fd) {
  pollfd here{fd, 0, 0};
  return poll(&here, 1, 0) == 0;
}

}  // namespace

void fill(proto::Attributed::Builder builder, const AttributedFlow& flow, kj::StringPtr interface,
          FlowDetail detail) {
  auto& packet = flow.packet;
  builder.setId(packet.id);
  builder.setHook(packet.hook);
  builder.setQueue(packet.queue);
  builder.setNetns(packet.netns);
  builder.setMark(packet.mark);
  builder.setInInterface(packet.inInterface);
  builder.setOutInterface(packet.outInterface);
  builder.setArrived(packet.arrived);
  builder.setAttributed(monotonicNs());
  builder.setQueued(packet.queued);
  packet.header.tuple.to(builder.initTuple());
  builder.setMalformed(packet.header.malformed);
  builder.setTcpFlags(packet.header.tcpFlags);
  builder.setIcmpType(packet.header.icmpType);
  builder.setIcmpCode(packet.header.icmpCode);
  builder.setFragment(packet.header.fragment);
  builder.setLength(packet.length);
  flow.process.to(builder.initProcess(), detail.process);
  KJ_IF_MAYBE (peer, flow.peer) peer->to(builder.initPeer(), detail.peer);
  builder.setLoopback(flow.loopback);
  builder.setInterface(interface);
}

size_t wordsOf(const AttributedFlow& flow, FlowDetail detail) {
  size_t words = FLOW_WORDS + flow.process.words(detail.process);
  KJ_IF_MAYBE (peer, flow.peer) words += peer->words(detail.peer);
  return words;
}

FlowDetail FlowBatcher::detailFor(const AttributedFlow& flow) {
  uint64_t now = monotonicNs();
  FlowDetail detail;
  detail.process = told.detailFor(flow.process.facts, now);
  KJ_IF_MAYBE (peer, flow.peer) detail.peer = told.detailFor(peer->facts, now);
  return detail;
}

void FlowBatcher::add(AttributedFlow&& flow) {
  auto detail = detailFor(flow);
  size_t more = wordsOf(flow, detail);
  if (words + more > BATCH_WORDS) {
    // What is lost with that batch may be what this flow relies on.
    flush();
    auto again = detailFor(flow);
    if (again.process == Detail::FULL) detail.process = Detail::FULL;
    if (again.peer == Detail::FULL) detail.peer = Detail::FULL;
    more = wordsOf(flow, detail);
  }
  words += more;
  flows.add(Waiting{kj::mv(flow), detail});
  if (flows.size() == proto::RING_BATCH_PACKETS) flush();
}

void FlowBatcher::flush() {
  if (flows.empty()) return;
  auto list = message.begin<proto::AttributedBatch>().initFlows(uint(flows.size()));
  for (uint i = 0; i < flows.size(); i++) {
    auto& packet = flows[i].flow.packet;
    bool output = packet.hook == proto::Hook::OUTPUT;
    fill(list[i], flows[i].flow,
         interfaces.nameOf(output ? packet.outInterface : packet.inInterface), flows[i].detail);
  }
  uint count = uint(flows.size());
  flows.clear();
  words = 0;
  send(message.builder(), count);
}

void FlowBatcher::tellLearned(const SharedFacts& facts) {
  if (!told.knows(*facts)) return;
  flush();
  told.detailFor(facts, monotonicNs());
  auto list = message.begin<proto::AttributedBatch>().initLearned(1);
  facts->to(list[0], Detail::FULL);
  list[0].setUid(facts->uid);
  send(message.builder(), 0);
}

PolicyArrow::PolicyArrow(kj::LowLevelAsyncIoProvider& provider, kj::Timer& timer,
                         kj::StringPtr policySocket, Interfaces& interfaces)
    : timer(timer),
      batcher(interfaces,
              [this](capnp::MessageBuilder& message, uint flows) { send(message, flows); }),
      tasks(*this),
      peer(provider, timer, policySocket, [this](capnp::Capability::Client policy) {
        return establish(policy.castAs<proto::Policy>());
      }) {}

kj::Promise<void> PolicyArrow::establish(proto::Policy::Client policy) {
  return descriptorOf(policy.attributedRequest().send().getInlet())
      .then([this](kj::Maybe<kj::AutoCloseFd> sender) {
        open(KJ_REQUIRE_NONNULL(kj::mv(sender), "policy's inlet carries no descriptor"));
      });
}

void PolicyArrow::open(kj::AutoCloseFd sender) {
  arrow = RingSender(kj::mv(sender));
  batcher.forgetTold();
  for (auto& one : waiting) one->fulfill();
  waiting.clear();
}

void PolicyArrow::lost() {
  // Mostly policy has died and its connection is dialled anew, which calls `establish`. Otherwise
  // it has dropped the socket alone.
  arrow = nullptr;
  tasks.add(timer.afterDelay(BEFORE_REOPENING).then([this]() { return reopen(); }));
}

kj::Promise<void> PolicyArrow::reopen() {
  if (arrow != nullptr || !peer.connected()) return kj::READY_NOW;
  auto policy = KJ_ASSERT_NONNULL(peer.bootstrap()).castAs<proto::Policy>();
  return establish(kj::mv(policy)).catch_([this](kj::Exception&& e) {
    log::exception("asking policy for a new arrow", e);
    lost();
  });
}

void PolicyArrow::send(capnp::MessageBuilder& message, uint flows) {
  KJ_IF_MAYBE (sender, arrow) {
    switch (sender->send(message)) {
      case RingSender::Sent::YES:
        counts.sent += flows;
        break;
      case RingSender::Sent::FULL:
        counts.full += flows;
        batcher.forgetTold();
        break;
      case RingSender::Sent::CLOSED:
        counts.away += flows;
        lost();
        break;
    }
  } else {
    counts.away += flows;
  }
}

bool PolicyArrow::connected() {
  KJ_IF_MAYBE (sender, arrow) {
    if (otherEndIsHeld(sender->descriptor())) return true;
    lost();
  }
  return false;
}

kj::Promise<void> PolicyArrow::whenConnected() {
  if (connected()) return kj::READY_NOW;
  auto paf = kj::newPromiseAndFulfiller<void>();
  waiting.add(kj::mv(paf.fulfiller));
  return kj::mv(paf.promise);
}

void PolicyArrow::taskFailed(kj::Exception&& e) {
  log::exception("the arrow to policy", e);
}

}  // namespace portreeve::attributor
