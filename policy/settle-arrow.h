// SPDX-License-Identifier: GPL-3.0-or-later
// The ring's last arrow: verdicts to the interceptor, in batches. What cannot be sent now (the
// socket is full, the interceptor away or not yet reached) waits, bounded, the oldest given up
// first: the interceptor's own time-out answers for it.
#pragma once

#include "common/ring.h"
#include "proto/ring.capnp.h"

#include <kj/async.h>
#include <kj/timer.h>
#include <kj/vector.h>

#include <cstddef>
#include <cstdint>
#include <deque>

namespace portreeve::policy {

class Settler {
  // Where verdicts go.
public:
  virtual void settle(uint64_t packetId, proto::Verdict verdict) = 0;  // with the next flush
  virtual void flush() = 0;

protected:
  ~Settler() noexcept(false) = default;
};

class SettleArrow final : public Settler, private kj::TaskSet::ErrorHandler {
public:
  struct Counters {
    uint64_t settled = 0;  // verdicts sent
    uint64_t full = 0;     // times that the arrow was full
    uint64_t givenUp = 0;  // verdicts that never went out
  };

  static constexpr size_t BACKLOG = 16384;  // as many as can wait at the interceptor

  SettleArrow(kj::Timer& timer, kj::Function<void()> onClosed, size_t backlog = BACKLOG);
  // `onClosed`: the interceptor's end has closed; a new arrow is to be asked for.
  KJ_DISALLOW_COPY(SettleArrow);

  void open(kj::AutoCloseFd sender);
  // What waits goes out at once. An id that a new interceptor does not know does no harm.
  void close();
  bool isOpen() const { return arrow != nullptr; }

  void settle(uint64_t packetId, proto::Verdict verdict) override;
  void flush() override;

  const Counters& counters() const { return counts; }

private:
  struct Settlement {
    uint64_t id;
    proto::Verdict verdict;
  };

  kj::Timer& timer;
  kj::Function<void()> onClosed;
  size_t capacity;
  kj::Maybe<RingSender> arrow;
  RingMessage message;
  std::deque<Settlement> waiting;
  bool retryPlanned = false;
  Counters counts;
  kj::TaskSet tasks;

  RingSender::Sent sendSome(RingSender& sender, size_t count);
  void planRetry();
  void taskFailed(kj::Exception&& e) override;
};

}  // namespace portreeve::policy
