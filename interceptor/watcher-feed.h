// SPDX-License-Identifier: GPL-3.0-or-later
// What the kernel says of flows and sockets, on its way to policy's KernelWatcher: in batches, in
// order, and never more than a bounded number of them on the way. What had to be left out is told
// as `missed`.
#pragma once

#include "common/tuple.h"
#include "interceptor/conntrack-message.h"
#include "proto/interceptor.capnp.h"

#include <kj/async.h>
#include <kj/timer.h>
#include <kj/vector.h>

#include <cstdint>

namespace portreeve::interceptor {

struct ClosedSocket {
  Tuple tuple;  // source: local end
  uint64_t inode = 0;
};

class WatcherFeed final : private kj::TaskSet::ErrorHandler {
public:
  struct Counters {
    uint64_t flowsEnded = 0;
    uint64_t socketsClosed = 0;
    uint64_t missed = 0;  // times that events were lost
  };

  explicit WatcherFeed(kj::Timer& timer);
  KJ_DISALLOW_COPY(WatcherFeed);

  void setWatcher(kj::Maybe<proto::KernelWatcher::Client> fresh);
  // Replaces the one before. Without one, events are counted and forgotten.

  void flowEnded(const ConntrackEntry& entry);
  // Told at the latest 20 ms later: nothing hurries.

  void socketClosed(const ClosedSocket& socket);
  void flushSockets();
  // To be called when no more are there to read. At once where one was not connected: only policy
  // knows its entries, and the next program on that port must not inherit the verdict. The entries
  // of connected ones have been deleted: these are told at the latest 5 ms later.

  void missed();
  // The kernel has dropped events.

  const Counters& counters() const { return counts; }

private:
  kj::Timer& timer;
  kj::Maybe<proto::KernelWatcher::Client> watcher;
  uint64_t generation = 0;  // which watcher an answer belongs to
  kj::Vector<ConntrackEntry> ended;
  kj::Vector<ClosedSocket> closed;
  bool flushPlanned = false;
  bool socketsPlanned = false;
  uint onTheWay = 0;
  bool owesMissed = false;
  Counters counts;
  kj::TaskSet tasks;

  void flushFlows();
  void tellSockets();
  kj::Maybe<proto::KernelWatcher::Client&> ready();
  void tell(kj::Promise<void> sent);
  void told(uint64_t toGeneration);
  void payMissed();
  void taskFailed(kj::Exception&& e) override;
};

}  // namespace portreeve::interceptor
