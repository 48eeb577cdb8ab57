// SPDX-License-Identifier: GPL-3.0-or-later
// The fixed table of what may be asked. There is no folder behind it: a path is looked up whole and
// undecoded, so ".." and "%2e" are names that simply do not exist.
#pragma once

#include "api-gateway/reply.h"

#include <kj/compat/http.h>
#include <kj/string.h>

namespace portreeve::gateway {

enum class Route : uint8_t {
  PAGE,         // "/" and "/login": the same page; its script looks where it is
  STYLE,        // "/page.css"
  SCRIPT,       // "/page.js"
  HEALTH,       // "/healthz"
  SESSION,      // "/api/v1/session": log in, who am I, log out
  STATUS,       // "/api/v1/status"
  CONNECTIONS,  // "/api/v1/connections"
  RULES,        // "/api/v1/rules"
  EVENTS,       // "/api/v1/events"
  CONFIRM,      // POST "/api/v1/rules/confirm"
  TRY,          // POST "/api/v1/rules/try"
  EXPLAIN,      // "/api/v1/explain"
  PAST,         // "/api/v1/history/connections"
  PAST_NAMES,   // "/api/v1/history/queries"
  PAST_GROUPS,  // "/api/v1/history/summary"
  PAST_GAPS,    // "/api/v1/history/gaps"
  REPLAY,       // POST "/api/v1/replay"
  METRICS,      // "/api/v1/metrics"
  OPENAPI,      // "/api/v1/openapi.json"
};

struct Target {
  kj::String path;
  kj::String query;  // what follows "?", undecoded

  static Target of(kj::StringPtr url);
};

kj::Maybe<Route> findRoute(kj::StringPtr path);

kj::StringPtr allowedMethods(Route route);  // "GET, HEAD", "POST", "GET"
bool allows(Route route, kj::HttpMethod method);
size_t longestBody(Route route);  // bytes

}  // namespace portreeve::gateway
