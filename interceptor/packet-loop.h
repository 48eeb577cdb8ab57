// SPDX-License-Identifier: GPL-3.0-or-later
// The way of a packet through this process: from its queue into the pool and on to the attributor;
// back, by its id, as a verdict to the kernel. This is where the clock is kept: what is not settled
// in time gets a temporary drop. Policy has a packet wait on for a person by saying so before its
// time is up, again and again: should policy go, the time-out still holds.
#pragma once

#include "common/latency.h"
#include "interceptor/incoming-window.h"
#include "interceptor/keep-awake.h"
#include "interceptor/orphan-watch.h"
#include "interceptor/pending.h"
#include "interceptor/queue-statistics.h"
#include "interceptor/queue.h"
#include "interceptor/submitter.h"
#include "proto/ring.capnp.h"

#include <kj/async-unix.h>
#include <kj/timer.h>
#include <kj/vector.h>

#include <cstdint>

namespace portreeve::interceptor {

class PacketLoop final : private kj::TaskSet::ErrorHandler {
public:
  struct Counters {
    uint64_t packets = 0;
    uint64_t settled = 0;
    uint64_t timedOut = 0;
    uint64_t unknownIds = 0;  // settled too late, twice, or never ours
    uint64_t poolFull = 0;    // dropped at once
    uint64_t renewed = 0;     // queues that were taken anew
    uint64_t renewedForPerson =
        0;  // times that a packet was told to wait on, for a person's answer
  };

  PacketLoop(kj::UnixEventPort& port, kj::Timer& timer, kj::Vector<kj::Own<Queue>> queues,
             const QueueStatistics& statistics, Pending& pending, Submitter& submitter,
             KeepAwake& awake);
  // `queues` in the order of their urgency.
  KJ_DISALLOW_COPY(PacketLoop);

  kj::Promise<void> run();
  // Starts the queues; one that another program holds is tried again every second. Never resolves.

  kj::Promise<void> whenBound() { return allBound.addBranch(); }
  kj::Maybe<uint16_t> notBound() const;
  // A queue that another program holds.

  void settle(proto::SettleBatch::Reader batch);

  void takeAnew(proto::Hook hook, proto::Family family);
  // The queues of that hook and family are given up and bound again; what waits in them is dropped
  // for the moment.

  const Counters& counters() const { return counts; }
  const Latency& waited() const { return wait; }         // read until the verdict has come
  const Latency& answering() const { return answered; }  // from there until the kernel has it
  const Latency& queued() const { return inQueue; }
  // In the kernel's queue; of those arriving packets alone that the kernel has stamped (it does
  // while anybody on the machine asks for time stamps).
  uint64_t kernelErrors() const;
  uint64_t timedOutOf(uint16_t queue) const;

private:
  struct Source {
    kj::Own<Queue> queue;
    kj::UnixEventPort::FdObserver observer;
    bool mayHaveMore = true;
    uint64_t timedOut = 0;
    OrphanWatch orphans;

    Source(kj::UnixEventPort& port, kj::Own<Queue> bound);
  };

  kj::Timer& timer;
  const QueueStatistics& statistics;
  Pending& pending;
  Submitter& submitter;
  KeepAwake& awake;
  kj::Vector<kj::Own<Source>> sources;
  Queue::OnPacket onPacket;
  Counters counts;
  Latency wait, answered, inQueue;
  IncomingWindow window;
  bool windowWasFull = false;
  bool timerSet = false;
  bool reading = false;
  kj::PromiseFulfillerPair<void> bindings = kj::newPromiseAndFulfiller<void>();
  kj::ForkedPromise<void> allBound = bindings.promise.fork();
  kj::TaskSet tasks;

  kj::Promise<void> serve(Source& source);
  kj::Promise<void> whenBound(Source& source);
  kj::Promise<void> watch(Source& source);
  kj::Promise<void> lookAgain();
  void lookForOrphans();
  void renew(Source& source, kj::StringPtr why);
  void readSoon();
  kj::Promise<void> readRound();
  bool readMostUrgent();
  bool mayRead(const Source& source);
  void readOnceWindowOpens();
  void admit(PacketFacts facts, kj::ArrayPtr<const kj::byte> start);
  void answer(const PacketFacts& facts, proto::Verdict verdict);
  void flushAnswers();
  void setTimer();
  void expire();
  Source& sourceOf(uint16_t queue);
  void taskFailed(kj::Exception&& e) override;
};

}  // namespace portreeve::interceptor
