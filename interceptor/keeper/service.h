// SPDX-License-Identifier: GPL-3.0-or-later
// The keeper's RPC bootstrap (proto/keeper.capnp).
#pragma once

#include "common/accounts.h"
#include "common/rpc-server.h"
#include "common/status.h"
#include "interceptor/keeper/process-events.h"
#include "interceptor/keeper/rule-keeper.h"
#include "interceptor/keeper/socket-owners.h"
#include "interceptor/keeper/watch.h"
#include "proto/keeper.capnp.h"

#include <kj/async-io.h>

namespace portreeve::keeper {

struct ForAttributor {
  // What the kernel tells the attributor by way of this process: opened before the sandbox.
  explicit ForAttributor(bool bpf) : socketOwners(bpf) {}

  SocketOwners socketOwners;
  ProcessEvents processEvents;
};

class Service {
public:
  Service(kj::AsyncIoContext& io, const Accounts& accounts, kj::AutoCloseFd rpcSocket,
          interceptor::NetlinkSocket ruleEvents, RuleKeeper& keeper,
          const ForAttributor& forAttributor);
  // All references outlive it.
  KJ_DISALLOW_COPY(Service);

  void setLandlock(kj::StringPtr words) { ownStatus.setLandlock(words); }

  kj::Promise<void> serve();
  // Never resolves; rejects when the kernel's events cannot be read any more.

private:
  class Bootstrap;

  RuleKeeper& keeper;
  const ForAttributor& forAttributor;
  Watch watch;
  OwnStatus ownStatus;
  RpcServer rpc;

  void fillPresence(proto::RulesPresence::Builder builder) const;
  void fillStatus(proto::view::ProcessStatus::Builder builder);
};

}  // namespace portreeve::keeper
