// SPDX-License-Identifier: GPL-3.0-or-later
// Puts the rules in force: asks the keeper to load them when policy is ready to judge, and again
// after each reconnect; reports ready to the service manager when they are there.
#pragma once

#include "common/rpc-client.h"
#include "common/service.h"
#include "interceptor/packet-loop.h"
#include "interceptor/startup-cleaning.h"
#include "proto/keeper.capnp.h"

#include <kj/async-io.h>
#include <kj/string.h>

namespace portreeve::interceptor {

class Enforcer {
public:
  Enforcer(kj::LowLevelAsyncIoProvider& provider, kj::Timer& timer, kj::StringPtr keeperSocket,
           StartupCleaning& cleaning, PacketLoop& packets, service::Notifier& notifier);
  // All arguments outlive it.
  KJ_DISALLOW_COPY(Enforcer);

  kj::Promise<void> enforce();
  // Waits until all queues are ours (what the rules send to another program's queue would be that
  // program's to decide) and for a keeper that is not there. Rejects with the keeper's reason.

  kj::Promise<bool> rulesPresent();

  kj::Promise<void> repair(proto::Hook hook, proto::Family family);
  // The rules are loaded anew, then that hook's queues are taken anew. Rejects with the keeper's
  // reason.

  bool enforcing() const { return loaded; }
  kj::StringPtr reason() const { return why; }  // why not

private:
  kj::Timer& timer;
  StartupCleaning& cleaning;
  PacketLoop& packets;
  service::Notifier& notifier;
  bool wanted = false;
  bool loaded = false;
  bool saidReady = false;
  kj::String why;
  PeerConnection keeper;  // calls `load`

  kj::Promise<proto::Keeper::Client> whenThere();
  kj::Promise<void> load(proto::Keeper::Client client);
  kj::Promise<void> inForce(bool wereThere);
};

}  // namespace portreeve::interceptor
