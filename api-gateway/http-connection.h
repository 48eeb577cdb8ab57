// SPDX-License-Identifier: GPL-3.0-or-later
// One client's connection: each request is looked at by the guard, found in the table of endpoints,
// answered. What all connections share stands in Site.
#pragma once

#include "api-gateway/api.h"
#include "api-gateway/authentication.h"
#include "api-gateway/event-hub.h"
#include "api-gateway/http-guard.h"
#include "api-gateway/http-headers.h"
#include "api-gateway/open-connections.h"
#include "api-gateway/session-store.h"
#include "api-gateway/static-files.h"
#include "common/tuple.h"

#include <kj/async-io.h>
#include <kj/memory.h>
#include <kj/timer.h>

namespace portreeve::gateway {

constexpr auto HEADER_TIME = 10 * kj::SECONDS;      // to send a request's head
constexpr auto KEEP_ALIVE_TIME = 20 * kj::SECONDS;  // between two requests
constexpr auto ANSWER_TIME = 30 * kj::SECONDS;      // to send its body and take the answer
constexpr auto LINGER_TIME = 1 * kj::SECONDS;       // from a last answer to the end
constexpr uint MAX_FOLLOWERS = 256;                 // live streams of all sessions together

struct Site {
  kj::Timer& timer;
  const HttpNames& names;
  const OwnHosts& hosts;
  const StaticFiles& ui;
  SessionStore& sessions;
  Api& api;
  EventHub& events;
  Doorkeeper& doorkeeper;

  struct Counters {
    uint64_t requests = 0;
    uint64_t refused = 0;  // answered with 4xx or 5xx
    uint followers = 0;    // now
  } counters;
};

kj::Promise<void> serveConnection(Site& site, kj::Own<kj::AsyncIoStream> stream, Tuple client,
                                  OpenConnections::Entry& place);
// `client`: its end is the source, ours the destination; whoever holds that socket is who asks.
// Resolves when the connection has ended, however it did. `site` and `place` outlive the promise.

}  // namespace portreeve::gateway
