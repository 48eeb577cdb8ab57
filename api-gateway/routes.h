// SPDX-License-Identifier: GPL-3.0-or-later
// The fixed table of what may be asked, by whom. There is no folder behind it: a path is looked up
// whole and undecoded, so ".." and "%2e" are names that simply do not exist.
#pragma once

#include "api-gateway/reply.h"
#include "api-gateway/session-store.h"

#include <kj/compat/http.h>
#include <kj/string.h>

namespace portreeve::gateway {

enum class Route : uint8_t {
  PAGE,
  STYLE,
  SCRIPT,
  HEALTH,
  OPENAPI,
  LOG_IN,
  WHO_AM_I,
  LOG_OUT,
  STATUS,
  METRICS,
  CONNECTIONS,
  EVENTS,
  EXPLAIN,
  RULES,
  ADD_RULES,
  REMOVE_RULE,
  CONFIRM,
  TRY,
  PAST,
  PAST_NAMES,
  PAST_GROUPS,
  PAST_GAPS,
  REPLAY,
  REPLACE_RULE,
  MOVE_RULE,
  CHANGES,
  UNDO,
  DNS_LOG,
  DNS_CACHE,
  DNS_UPSTREAMS,
  DNS_LOOKUP,
  LISTS,
  TOKENS,
  CREATE_TOKEN,
  REVOKE_TOKEN,
  PROGRAMS,
  PROGRAM,
  SERIES,
  WHO,
  NETWORKS,
  SETTINGS,
  CHANGE_SETTINGS,
  UPDATE_LISTS,
  DNS_FLUSH,
  PROMPTS,
  ANSWER_PROMPT,
  DISMISS_PROMPT,
  SET_MODE,
  REVIEW_LEARNED,
  FORGET_LEARNED,
  PROFILES,
  USE_PROFILE,
  GATE,
};

struct Endpoint {
  kj::StringPtr path;
  kj::HttpMethod method;
  Route route;
  kj::Maybe<SessionRole> needs;  // nullptr: no login
  size_t longestBody;            // bytes
};

struct Target {
  kj::String path;
  kj::String query;  // what follows "?", undecoded

  static Target of(kj::StringPtr url);
};

kj::Maybe<const Endpoint&> findEndpoint(kj::StringPtr path, kj::HttpMethod method);
// HEAD is answered as GET, but for the stream, which has no end to give the head of.

kj::String allowedMethods(kj::StringPtr path);
// "GET, HEAD"; empty: nothing of ours is there.

}  // namespace portreeve::gateway
