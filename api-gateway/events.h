// SPDX-License-Identifier: GPL-3.0-or-later
// The live stream of one follower: from policy's ConnectionSink to a response body that does not
// end until the follower goes, the session ends or policy goes.
#pragma once

#include "api-gateway/connection-query.h"
#include "api-gateway/event-queue.h"
#include "api-gateway/session-store.h"

#include <kj/async-io.h>
#include <kj/memory.h>
#include <kj/timer.h>

namespace portreeve::gateway {

constexpr auto HEARTBEAT = 15 * kj::SECONDS;
constexpr auto EVENT_WRITE_TIME = 30 * kj::SECONDS;

struct Follower {
  kj::Own<Session> session;
  kj::Own<EventQueue> queue;
  proto::Subscription::Client subscription;
};

kj::Promise<Follower> follow(kj::Own<Session> session, const ConnectionQuery& query);
// Resolves when policy has agreed; rejects as its call does.

kj::Promise<void> streamEvents(Follower follower, kj::Own<kj::AsyncOutputStream> out,
                               SessionStore& sessions, kj::Timer& timer);
// Writes until one of the ends named above, the last two after an event "ended". A comment every
// 15 s finds out whether the follower is still there; one that takes nothing for 30 s is left
// (OVERLOADED).

}  // namespace portreeve::gateway
