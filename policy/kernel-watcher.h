// SPDX-License-Identifier: GPL-3.0-or-later
// What the kernel says of flows and sockets, told by the interceptor: ends flows with their bytes,
// and takes the verdict of a closed UDP socket out of conntrack, so that the next program on its
// port does not inherit it, nor what was said of names to the one before.
#pragma once

#include "policy/askers.h"
#include "policy/earlier-sessions.h"
#include "policy/flow-table.h"
#include "policy/kernel-acts.h"
#include "policy/late-ends.h"
#include "proto/interceptor.capnp.h"

#include <kj/async.h>
#include <kj/function.h>
#include <kj/vector.h>

#include <cstdint>

namespace portreeve::policy {

class KernelEvents final : private kj::TaskSet::ErrorHandler {
public:
  struct Counters {
    uint64_t flowsEnded = 0;
    uint64_t socketsClosed = 0;
    uint64_t entriesDeleted = 0;  // asked for, because their socket was closed
    uint64_t missed = 0;
  };

  KernelEvents(FlowTable& flows, LateEnds& lateEnds, EarlierSessions& earlier, Askers& askers,
               KernelActs& kernel, kj::Function<void()> onMissed);
  // `onMissed`: the table is to be compared with conntrack.
  KJ_DISALLOW_COPY(KernelEvents);

  proto::KernelWatcher::Client watcher();
  // One for each connection to the interceptor.

  void flowEnded(const TrackedEntry& entry);
  void socketsClosed(kj::ArrayPtr<const Tuple> sockets, kj::ArrayPtr<const uint64_t> inodes);
  void missed();

  const Counters& counters() const { return counts; }

private:
  class Watcher;

  FlowTable& flows;
  LateEnds& lateEnds;
  EarlierSessions& earlier;
  Askers& askers;
  KernelActs& kernel;
  kj::Function<void()> onMissed;
  Counters counts;
  kj::TaskSet tasks;

  void closed(const Tuple& socket, uint64_t inode, kj::Vector<Tuple>& entries);
  void release(Flow& flow, uint64_t inode, kj::Vector<Tuple>& entries);
  void taskFailed(kj::Exception&& e) override;
};

bool takeBytes(Flow& flow, const TrackedEntry& entry);
// The entry is of this flow, in either direction. False: nothing new.

}  // namespace portreeve::policy
