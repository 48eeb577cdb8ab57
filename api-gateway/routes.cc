// SPDX-License-Identifier: GPL-3.0-or-later
#include "api-gateway/routes.h"

#include "api-gateway/http-guard.h"

namespace portreeve::gateway {
namespace {

struct Entry {
  kj::StringPtr path;
  Route route;
};

constexpr Entry TABLE[] = {
    {"/"_kj, Route::PAGE},
    {"/login"_kj, Route::PAGE},
    {"/page.css"_kj, Route::STYLE},
    {"/page.js"_kj, Route::SCRIPT},
    {"/healthz"_kj, Route::HEALTH},
    {"/api/v1/session"_kj, Route::SESSION},
    {"/api/v1/status"_kj, Route::STATUS},
    {"/api/v1/connections"_kj, Route::CONNECTIONS},
    {"/api/v1/rules"_kj, Route::RULES},
    {"/api/v1/events"_kj, Route::EVENTS},
    {"/api/v1/rules/confirm"_kj, Route::CONFIRM},
    {"/api/v1/rules/try"_kj, Route::TRY},
    {"/api/v1/explain"_kj, Route::EXPLAIN},
    {"/api/v1/history/connections"_kj, Route::PAST},
    {"/api/v1/history/queries"_kj, Route::PAST_NAMES},
    {"/api/v1/history/summary"_kj, Route::PAST_GROUPS},
    {"/api/v1/history/gaps"_kj, Route::PAST_GAPS},
    {"/api/v1/replay"_kj, Route::REPLAY},
    {"/api/v1/metrics"_kj, Route::METRICS},
    {"/api/v1/openapi.json"_kj, Route::OPENAPI},
};

}  // namespace

Target Target::of(kj::StringPtr url) {
  KJ_IF_MAYBE (mark, url.findFirst('?')) {
    return {kj::heapString(url.slice(0, *mark)), kj::str(url.slice(*mark + 1))};
  }
  return {kj::str(url), kj::str()};
}

kj::Maybe<Route> findRoute(kj::StringPtr path) {
  for (auto& entry : TABLE)
    if (entry.path == path) return entry.route;
  return nullptr;
}

kj::StringPtr allowedMethods(Route route) {
  switch (route) {
    case Route::SESSION:
    case Route::RULES:
      return "GET, HEAD, POST, DELETE"_kj;
    case Route::CONFIRM:
    case Route::TRY:
    case Route::REPLAY:
      return "POST"_kj;
    case Route::EVENTS:
      return "GET"_kj;  // a stream has no end to give the head of
    default:
      return "GET, HEAD"_kj;
  }
}

bool allows(Route route, kj::HttpMethod method) {
  auto wanted = kj::toCharSequence(method);
  auto allowed = allowedMethods(route);
  size_t start = 0;
  for (size_t at = 0; at <= allowed.size(); at++) {
    if (at < allowed.size() && allowed[at] != ',') continue;
    auto word = allowed.slice(start, at);
    if (kj::StringPtr(wanted) == kj::heapString(word)) return true;
    start = at + 2;
  }
  return false;
}

size_t longestBody(Route route) {
  switch (route) {
    case Route::RULES:
    case Route::TRY:
    case Route::REPLAY:
      return MAX_BODY;  // rules are text that people write
    default:
      return 4096;
  }
}

}  // namespace portreeve::gateway
