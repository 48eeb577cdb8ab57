// SPDX-License-Identifier: GPL-3.0-or-later
// The tie to the interceptor: the arrow of verdicts, and its capabilities over the kernel.
// Re-established whenever the interceptor comes back, and when asked to.
#pragma once

#include "common/rpc-client.h"
#include "policy/kernel-acts.h"
#include "policy/settle-arrow.h"
#include "proto/interceptor.capnp.h"

#include <kj/async-io.h>
#include <kj/function.h>
#include <kj/timer.h>

namespace portreeve::policy {

class InterceptorLink final : public KernelActs, private kj::TaskSet::ErrorHandler {
public:
  using MakeWatcher = kj::Function<proto::KernelWatcher::Client()>;
  using Prepare = kj::Function<kj::Promise<void>()>;
  using Begin = kj::Function<kj::Promise<void>(bool rulesPresent)>;

  struct Steps {
    Prepare before;  // awaited before packets are asked for: whoever attributes them must be there
    Begin begin;     // between the arrow and the rules: what existed already, or what was missed
                     // meanwhile
    kj::Function<void()> enforcing;  // the rules are in force
    kj::Function<void()> renewed;    // after `renew`: what the kernel told meanwhile may be lost
  };

  InterceptorLink(kj::LowLevelAsyncIoProvider& provider, kj::Timer& timer, kj::StringPtr socket,
                  SettleArrow& settle, MakeWatcher makeWatcher, Steps steps);
  KJ_DISALLOW_COPY(InterceptorLink);

  void renew();
  // Asks for everything anew, the packets that wait included. Does nothing while the interceptor is
  // away.

  bool enforcing() const { return peer.connected(); }
  // All is established and the interceptor has said that the rules are in force.

  kj::Promise<uint32_t> setMarks(kj::Vector<MarkChange> changes) override;
  kj::Promise<uint32_t> deleteEntries(kj::Vector<Tuple> tuples) override;
  kj::Promise<uint32_t> destroySockets(kj::Vector<Tuple> localFirst) override;
  kj::Promise<void> list(OnEntry onEntry) override;

  kj::Promise<void> repair(proto::Hook hook, proto::Family family);
  // Packets do not come through there (Enforcer.repair). Rejects with the keeper's reason.

private:
  struct Capabilities {
    proto::Conntrack::Client conntrack;
    proto::Sockets::Client sockets;
    proto::Enforcer::Client enforcer;
  };

  kj::Timer& timer;
  SettleArrow& settle;
  MakeWatcher makeWatcher;
  Steps steps;
  kj::Maybe<Capabilities> held;
  bool renewing = false;
  kj::TaskSet tasks;
  PeerConnection peer;  // last: it calls `establish`

  kj::Promise<void> establish(proto::Interceptor::Client interceptor);
  kj::Promise<void> takeOver(proto::Interceptor::Client interceptor);
  kj::Promise<void> enforce();
  kj::Promise<void> renewNow();
  Capabilities& capabilities();
  void taskFailed(kj::Exception&& e) override;
};

}  // namespace portreeve::policy
