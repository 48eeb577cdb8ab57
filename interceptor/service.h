// SPDX-License-Identifier: GPL-3.0-or-later
// The interceptor as a whole: its parts, tied together, and its RPC bootstrap
// (proto/interceptor.capnp).
#pragma once

#include "common/accounts.h"
#include "common/directories.h"
#include "common/rpc-server.h"
#include "common/service.h"
#include "common/settings.h"
#include "common/status.h"
#include "interceptor/conntrack-events.h"
#include "interceptor/enforcer.h"
#include "interceptor/keep-awake.h"
#include "interceptor/kernel.h"
#include "interceptor/packet-loop.h"
#include "interceptor/policy-arrow.h"
#include "interceptor/socket-events.h"
#include "interceptor/startup-cleaning.h"
#include "interceptor/submitter.h"
#include "interceptor/watcher-feed.h"

#include <kj/async-io.h>

namespace portreeve::interceptor {

class Service {
public:
  Service(kj::AsyncIoContext& io, const Accounts& accounts, const Settings::Interceptor& settings,
          const Directories& directories, kj::AutoCloseFd rpcSocket, Kernel& kernel,
          service::Notifier& notifier);
  // All arguments outlive it.
  KJ_DISALLOW_COPY(Service);

  void setLandlock(kj::StringPtr words) { ownStatus.setLandlock(words); }

  kj::Promise<void> serve();
  // Never resolves; rejects when one of the parts fails for good.

private:
  class Bootstrap;

  Kernel& kernel;
  const kj::Vector<uint16_t> queueList;
  kj::Timer& timer;
  Pending pending;
  Submitter submitter;
  KeepAwake awake;
  PacketLoop packets;
  WatcherFeed feed;
  ConntrackEvents conntrackEvents;
  SocketEvents socketEvents;
  StartupCleaning cleaning;
  Enforcer enforcer;
  PolicyArrow policy;
  OwnStatus ownStatus;
  RpcServer rpc;

  void addCounters();
  bool enforcing() const;
  kj::String whyNot() const;
  kj::String whoHolds(uint16_t queue) const;
  void fillStatus(proto::view::ProcessStatus::Builder builder);
  void fillQueues(proto::Interceptor::QueuesResults::Builder results);
};

}  // namespace portreeve::interceptor
