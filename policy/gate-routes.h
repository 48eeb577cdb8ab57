// SPDX-License-Identifier: GPL-3.0-or-later
// What the gate holds of policy (proto/gate.capnp, Routes): by which ways a flow with mark 1717 is
// to go, and what a program that speaks to the entrypoint itself may reach. The gate is told when a
// flow that it carries has ended.
#pragma once

#include "policy/deciding.h"
#include "policy/flow-table.h"
#include "proto/gate.capnp.h"

#include <kj/async.h>
#include <kj/function.h>
#include <kj/timer.h>
#include <kj/vector.h>

#include <unordered_set>

namespace portreeve::policy {

class GateRoutes final : public FlowObserver, private kj::TaskSet::ErrorHandler {
public:
  using FindProcess = kj::Function<kj::Promise<kj::Own<Program>>(const Tuple& localFirst)>;
  // Asks the attributor for whoever holds that socket now; may reject.

  GateRoutes(kj::Timer& timer, FlowTable& flows, Deciding& deciding, Deciding::InForce inForce,
             FindProcess findProcess);
  ~GateRoutes() noexcept(false);
  KJ_DISALLOW_COPY(GateRoutes);

  proto::Routes::Client make(proto::RouteWatcher::Client watcher);
  // For the gate's uid alone: whoever calls has seen to it. What is told of ended flows goes to the
  // newest watcher.

  void flowChanged(const Flow& flow) override;

private:
  class Server;

  kj::Timer& timer;
  FlowTable& flows;
  Deciding& deciding;
  Deciding::InForce inForce;
  FindProcess findProcess;
  kj::Maybe<proto::RouteWatcher::Client> watcher;
  std::unordered_set<uint64_t> carried;  // ids of open flows that the gate was told a route of
  kj::Vector<Tuple> ended;               // of these, to be told
  kj::TaskSet tasks;

  kj::Promise<kj::Own<Program>> programOf(const Tuple& client);
  kj::Promise<void> tellEnded();
  void taskFailed(kj::Exception&& e) override;
};

}  // namespace portreeve::policy
