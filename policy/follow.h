// SPDX-License-Identifier: GPL-3.0-or-later
// The live stream of connections. Each follower has a bounded queue of connections that changed,
// each in it once however often it changes; what a slow follower cannot take is left out and told
// as a number. Nothing here waits for a follower, and nothing grows with one.
#pragma once

#include "common/accounts.h"
#include "policy/connection-filter.h"
#include "policy/flow-table.h"
#include "proto/policy.capnp.h"

#include <kj/timer.h>
#include <kj/vector.h>

#include <cstdint>

namespace portreeve::policy {

class Followers final : private FlowObserver {
public:
  static constexpr size_t MOST = 64;
  static constexpr size_t QUEUE = 2048;                         // connections waiting, a follower
  static constexpr size_t BATCH = 128;                          // in one message
  static constexpr kj::Duration PAUSE = 50 * kj::MILLISECONDS;  // between two messages

  Followers(FlowTable& flows, const UserNames& users, kj::Timer& timer);
  ~Followers() noexcept(false);
  KJ_DISALLOW_COPY(Followers);

  proto::Subscription::Client add(proto::ConnectionFilter::Reader filter,
                                  proto::ConnectionSink::Client sink);
  // Tells from now on; with filter.afterId first what has come since that id (the newest
  // filter.limit). Changes of older ones and ends are always told. Throws OVERLOADED when MOST
  // follow already.

  size_t count() const { return all.size(); }

private:
  class Follower;
  FlowTable& flows;
  const UserNames& users;
  kj::Timer& timer;
  kj::Vector<Follower*> all;

  void flowChanged(const Flow& flow) override;
  void remove(Follower& follower);
};

}  // namespace portreeve::policy
