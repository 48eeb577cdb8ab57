// SPDX-License-Identifier: GPL-3.0-or-later
// The ring's second arrow: attributed packets to policy, in batches. What cannot be sent is left to
// its time-out at the interceptor, which submits it again when policy is back.
#pragma once

#include "attributor/attribution.h"
#include "attributor/interfaces.h"
#include "attributor/told-processes.h"
#include "common/ring.h"
#include "common/rpc-client.h"
#include "proto/policy.capnp.h"

#include <kj/async-io.h>
#include <kj/function.h>
#include <kj/timer.h>
#include <kj/vector.h>

#include <cstdint>

namespace portreeve::attributor {

struct FlowDetail {
  Detail process = Detail::FULL;
  Detail peer = Detail::FULL;
};

void fill(proto::Attributed::Builder builder, const AttributedFlow& flow, kj::StringPtr interface,
          FlowDetail detail = {});
size_t wordsOf(const AttributedFlow& flow, FlowDetail detail = {});
// What `fill` takes at most in a message.

class FlowBatcher {
  // Packs flows into messages of at most 32 flows and 64 KiB.
public:
  using Send = kj::Function<void(capnp::MessageBuilder& message, uint flows)>;

  FlowBatcher(Interfaces& interfaces, Send send) : interfaces(interfaces), send(kj::mv(send)) {}
  KJ_DISALLOW_COPY(FlowBatcher);

  void add(AttributedFlow&& flow);
  // Goes out with the next `flush`, or by itself when a batch is complete.
  void flush();

  void tellLearned(const SharedFacts& facts);
  // At once, if that process was told before.
  void forgetTold() { told.forget(); }
  // The receiver is another one, or has not got everything.

private:
  struct Waiting {
    AttributedFlow flow;
    FlowDetail detail;
  };

  Interfaces& interfaces;
  Send send;
  RingMessage message;
  kj::Vector<Waiting> flows;
  ToldProcesses told;
  size_t words = 0;

  FlowDetail detailFor(const AttributedFlow& flow);
};

class PolicyArrow final : private kj::TaskSet::ErrorHandler {
public:
  struct Counters {
    uint64_t sent = 0;  // flows
    uint64_t full = 0;  // flows that the full arrow did not take
    uint64_t away = 0;  // flows that came while there was no arrow
  };

  PolicyArrow(kj::LowLevelAsyncIoProvider& provider, kj::Timer& timer, kj::StringPtr policySocket,
              Interfaces& interfaces);
  KJ_DISALLOW_COPY(PolicyArrow);

  void add(AttributedFlow&& flow) { batcher.add(kj::mv(flow)); }
  void flush() { batcher.flush(); }
  void tellLearned(const SharedFacts& facts) { batcher.tellLearned(facts); }
  // More is known now of a process (its examination).

  bool connected();
  // There is an arrow, and its other end is held by somebody now.
  kj::Promise<void> whenConnected();

  const Counters& counters() const { return counts; }

private:
  kj::Timer& timer;
  FlowBatcher batcher;
  kj::Maybe<RingSender> arrow;
  Counters counts;
  kj::Vector<kj::Own<kj::PromiseFulfiller<void>>> waiting;
  kj::TaskSet tasks;
  PeerConnection peer;  // last: its callbacks use the rest

  kj::Promise<void> establish(proto::Policy::Client policy);
  void open(kj::AutoCloseFd sender);
  void send(capnp::MessageBuilder& message, uint flows);
  void lost();
  kj::Promise<void> reopen();
  void taskFailed(kj::Exception&& e) override;
};

}  // namespace portreeve::attributor
