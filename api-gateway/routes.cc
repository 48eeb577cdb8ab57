// SPDX-License-Identifier: GPL-3.0-or-later
#include "api-gateway/routes.h"

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
    {"/api/v1/session"_kj, Route::LOGIN},
    {"/api/v1/status"_kj, Route::STATUS},
    {"/api/v1/connections"_kj, Route::CONNECTIONS},
    {"/api/v1/rules"_kj, Route::RULES},
    {"/api/v1/events"_kj, Route::EVENTS},
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
    case Route::LOGIN:
      return "POST"_kj;
    case Route::EVENTS:
      return "GET"_kj;  // a stream has no end to give the head of
    default:
      return "GET, HEAD"_kj;
  }
}

bool allows(Route route, kj::HttpMethod method) {
  switch (route) {
    case Route::LOGIN:
      return method == kj::HttpMethod::POST;
    case Route::EVENTS:
      return method == kj::HttpMethod::GET;
    default:
      return method == kj::HttpMethod::GET || method == kj::HttpMethod::HEAD;
  }
}

}  // namespace portreeve::gateway
