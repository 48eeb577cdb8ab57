// SPDX-License-Identifier: GPL-3.0-or-later
// One subscription to policy for all who follow: policy writes each change once, however many look.
#pragma once

#include "api-gateway/event-log.h"
#include "api-gateway/session-store.h"

#include <kj/async.h>
#include <kj/timer.h>

namespace portreeve::gateway {

class EventHub {
public:
  static constexpr kj::Duration LINGER = 60 * kj::SECONDS;
  // The subscription is kept that long after the last follower went, for those that come back.

  explicit EventHub(kj::Timer& timer) : timer(timer) {}
  ~EventHub() noexcept(false);
  KJ_DISALLOW_COPY(EventHub);

  class Follower {
    // As long as it lives, the stream goes on.
  public:
    explicit Follower(EventHub& hub) : hub(hub) { hub.followers++; }
    ~Follower() noexcept(false) { hub.leave(); }
    KJ_DISALLOW_COPY(Follower);

  private:
    EventHub& hub;
  };

  struct Joined {
    kj::Own<Follower> follower;
    kj::Own<EventLog> log;
  };
  kj::Promise<Joined> join(Session& session);
  // By the session's own capability, where nobody follows yet; rejects as policy's call does. All
  // who may observe see the same. This object outlives what it gives.

  uint count() const { return followers; }

private:
  class Sink;
  struct Stream {
    kj::Own<EventLog> log;
    kj::ForkedPromise<void> started;
    kj::Maybe<proto::Subscription::Client> subscription;
  };
  kj::Timer& timer;
  uint followers = 0;
  uint64_t streams = 0;  // so far
  kj::Maybe<kj::Own<Stream>> stream;
  kj::Promise<void> lingering = nullptr;

  Stream& start(Session& session);
  void leave();
};

}  // namespace portreeve::gateway
