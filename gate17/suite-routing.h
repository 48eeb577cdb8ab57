// SPDX-License-Identifier: GPL-3.0-or-later
// Routing by the suite's policy and interceptor, over RPC. Either may be away, die and come back.
#pragma once

#include "common/rpc-client.h"
#include "gate17/routing.h"
#include "proto/interceptor.capnp.h"
#include "proto/policy.capnp.h"

#include <kj/async-io.h>
#include <kj/function.h>
#include <kj/timer.h>

namespace portreeve::gate17 {

class SuiteRouting final : public Routing, private kj::TaskSet::ErrorHandler {
public:
  using OnEnded = kj::Function<void(const Tuple& original)>;
  using OnRenewed = kj::Function<void()>;

  SuiteRouting(kj::LowLevelAsyncIoProvider& provider, kj::Timer& timer, kj::StringPtr policySocket,
               kj::StringPtr interceptorSocket, OnEnded onEnded, OnRenewed onRenewed);
  // `onEnded`: policy says that this flow is no more. `onRenewed`: it is another policy, which does
  // not know what the one before had said.
  KJ_DISALLOW_COPY(SuiteRouting);

  kj::Promise<kj::Maybe<Route>> routeOf(const Tuple& original) override;
  kj::Promise<Permission> mayReach(const Tuple& client, uint8_t protocol,
                                   const Target& target) override;
  kj::Promise<kj::Maybe<Tuple>> originalOf(const Tuple& seen) override;
  void wentBy(const Tuple& original, kj::StringPtr way) override;

  bool connected() const { return policy.connected() && interceptor.connected(); }

private:
  class Watcher;

  kj::Timer& timer;
  OnEnded onEnded;
  OnRenewed onRenewed;
  kj::Maybe<proto::Routes::Client> routes;
  kj::Maybe<proto::Origins::Client> origins;
  kj::TaskSet tasks;
  PeerConnection policy;  // last: they call into the above
  PeerConnection interceptor;

  kj::Promise<proto::Routes::Client> whenRoutes();
  kj::Promise<proto::Origins::Client> whenOrigins();
  void taskFailed(kj::Exception&& e) override;
};

}  // namespace portreeve::gate17
