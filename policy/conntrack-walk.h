// SPDX-License-Identifier: GPL-3.0-or-later
// Compares the table of flows with the kernel's conntrack: takes over bytes, ends what has gone
// unsaid, takes in what was decided before we came, and sets right what was decided while the
// interceptor was away.
#pragma once

#include "policy/deciding.h"
#include "policy/flow-table.h"
#include "policy/kernel-acts.h"
#include "policy/transient-flows.h"
#include "policy/tuple-hash.h"

#include <kj/async.h>
#include <kj/timer.h>
#include <kj/vector.h>

#include <cstdint>
#include <unordered_map>
#include <unordered_set>

namespace portreeve::policy {

class KnownSockets {
  // Connections that exist, as the attributor lists them, found by the tuple of either direction.
public:
  void add(Flow flow);
  // A loopback connection is listed from both ends: they become one.
  kj::Maybe<Flow&> find(const Tuple& tuple);
  kj::Maybe<Flow> take(const Tuple& tuple);
  kj::Vector<Flow> takeAll();
  bool isLocal(const Address& address) const { return local.count(address) > 0; }

private:
  struct HashAddress {
    size_t operator()(const Address& address) const { return address.hashCode(); }
  };
  std::unordered_map<Tuple, Flow, TupleHash> flows;
  std::unordered_set<Address, HashAddress> local;
};

bool bypassesResolver(const Flow& flow);
// Somebody's DNS query to another host: it is to come to the suite's resolver.

class ConntrackWalk final : private kj::TaskSet::ErrorHandler {
public:
  ConntrackWalk(kj::Timer& timer, FlowTable& flows, TransientFlows& transient, Deciding& deciding,
                KernelActs& kernel);
  KJ_DISALLOW_COPY(ConntrackWalk);

  kj::Promise<void> restore(KnownSockets known);
  // Entries with a verdict of ours that no flow is known for become flows; what is known of their
  // sockets names them. TCP sessions that conntrack knows nothing of are from before the start. A
  // UDP entry without a connected socket may have lost it unsaid: it is asked about again. Also
  // sets marks right that differ from their flow's verdict. Rejects with DISCONNECTED when the
  // interceptor goes.

  kj::Promise<void> compare();
  // The same, without anything known of sockets: nobody is asked again for want of one.

  kj::Promise<void> refreshBytes();
  // Brings bytes up to date and ends flows whose entry has gone. Callers share one walk; none
  // begins within 300 ms of the last one's end. Resolves after 500 ms at the latest; never rejects.

  kj::Promise<void> listEach(KernelActs::OnEntry onEntry);
  // The walk alone, for others: one goes on at a time.

  uint64_t walks() const { return walked; }

private:
  kj::Timer& timer;
  FlowTable& flows;
  TransientFlows& transient;
  Deciding& deciding;
  KernelActs& kernel;
  uint32_t number = 0;
  uint64_t walked = 0;
  kj::Maybe<kj::ForkedPromise<void>> refreshing;
  kj::TimePoint refreshed;
  kj::ForkedPromise<void> last;  // the walk that goes on, or the last one
  kj::TaskSet tasks;

  kj::Promise<void> afterLast(kj::Function<kj::Promise<void>()> walk);
  struct Restoring;
  kj::Promise<void> walkAll(KnownSockets known, bool socketsKnown);
  void meet(const TrackedEntry& entry, Restoring& restoring);
  void askAgain(const TrackedEntry& entry, Flow& flow, Restoring& restoring);
  Flow* flowOf(const TrackedEntry& entry);
  void update(const TrackedEntry& entry, uint32_t walk);
  Flow& adopt(const TrackedEntry& entry, kj::Maybe<Flow> socket, Restoring& restoring);
  void adoptSessions(KnownSockets& known);
  void endUnseen(uint32_t walk, uint64_t beganNs);
  void taskFailed(kj::Exception&& e) override;
};

}  // namespace portreeve::policy
