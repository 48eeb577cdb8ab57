// SPDX-License-Identifier: GPL-3.0-or-later
// One follower of the live stream, by server-sent events or a WebSocket: written to until it goes,
// its session ends or policy goes.
#pragma once

#include "api-gateway/event-hub.h"
#include "api-gateway/prompt-feed.h"
#include "api-gateway/session-store.h"

#include <kj/async-io.h>
#include <kj/compat/http.h>
#include <kj/memory.h>
#include <kj/timer.h>

namespace portreeve::gateway {

constexpr auto HEARTBEAT = 15 * kj::SECONDS;
constexpr auto GATHER = 50 * kj::MILLISECONDS;
// A follower gets what comes after a write together, so long after it: a write for each of many
// changes a second, to each of many followers, costs more than all else.
constexpr auto EVENT_WRITE_TIME = 30 * kj::SECONDS;
constexpr auto GOODBYE_TIME = 1 * kj::SECONDS;  // for a WebSocket's peer to answer Close
constexpr size_t MAX_CLIENT_MESSAGE = 4096;     // bytes; whatever it holds, it is not wanted

struct LiveStream {
  kj::Own<Session> session;
  kj::Own<EventHub::Follower> follower;
  EventCursor cursor;
  kj::Own<PromptFeed> prompts;
  SessionStore& sessions;
  kj::Timer& timer;
};

kj::Promise<void> sendEvents(LiveStream stream, kj::Own<kj::AsyncOutputStream> out);
kj::Promise<void> sendEvents(LiveStream stream, kj::Own<kj::WebSocket> socket);
// Write until one of the ends named above, the last two after an event "ended". Something every 15
// s finds out whether the follower is still there; one that takes nothing for 30 s is left
// (OVERLOADED). A WebSocket is closed with 1000, 1008 when its peer sends a message, 1002 when what
// it sends cannot be read (RFC 6455, 7.4.1).

}  // namespace portreeve::gateway
