// SPDX-License-Identifier: GPL-3.0-or-later
#include "api-gateway/routes.h"

#include "api-gateway/http-guard.h"

namespace portreeve::gateway {
namespace {

constexpr auto GET = kj::HttpMethod::GET;
constexpr auto POST = kj::HttpMethod::POST;
constexpr auto PATCH = kj::HttpMethod::PATCH;
constexpr auto DELETE = kj::HttpMethod::DELETE;
constexpr size_t SMALL = 4096;      // bytes
constexpr size_t RULES = MAX_BODY;  // text that people write

const kj::Maybe<SessionRole> NOBODY = nullptr;
const kj::Maybe<SessionRole> SEE = SessionRole::OBSERVE;
const kj::Maybe<SessionRole> ANSWER = SessionRole::ANSWER;
const kj::Maybe<SessionRole> CHANGE = SessionRole::CHANGE;

// clang-format off
const Endpoint TABLE[] = {
    {"/"_kj,                           GET,    Route::PAGE,        NOBODY, 0},
    {"/login"_kj,                      GET,    Route::PAGE,        NOBODY, 0},
    {"/page.css"_kj,                   GET,    Route::STYLE,       NOBODY, 0},
    {"/page.js"_kj,                    GET,    Route::SCRIPT,      NOBODY, 0},
    {"/healthz"_kj,                    GET,    Route::HEALTH,      NOBODY, 0},
    {"/api/v1/openapi.json"_kj,        GET,    Route::OPENAPI,     NOBODY, 0},
    {"/api/v1/session"_kj,             POST,   Route::LOG_IN,      NOBODY, SMALL},
    {"/api/v1/session"_kj,             GET,    Route::WHO_AM_I,    SEE,    0},
    {"/api/v1/session"_kj,             DELETE, Route::LOG_OUT,     SEE,    0},
    {"/api/v1/status"_kj,              GET,    Route::STATUS,      SEE,    0},
    {"/api/v1/metrics"_kj,             GET,    Route::METRICS,     SEE,    0},
    {"/api/v1/connections"_kj,         GET,    Route::CONNECTIONS, SEE,    0},
    {"/api/v1/events"_kj,              GET,    Route::EVENTS,      SEE,    0},
    {"/api/v1/explain"_kj,             GET,    Route::EXPLAIN,     SEE,    0},
    {"/api/v1/rules"_kj,               GET,    Route::RULES,       SEE,    0},
    {"/api/v1/rules"_kj,               POST,   Route::ADD_RULES,   CHANGE, RULES},
    {"/api/v1/rules"_kj,               DELETE, Route::REMOVE_RULE, CHANGE, 0},
    {"/api/v1/rules/replace"_kj,       POST,   Route::REPLACE_RULE, CHANGE, RULES},
    {"/api/v1/rules/move"_kj,          POST,   Route::MOVE_RULE,   CHANGE, SMALL},
    {"/api/v1/changes"_kj,             GET,    Route::CHANGES,     SEE,    0},
    {"/api/v1/changes/undo"_kj,        POST,   Route::UNDO,        CHANGE, SMALL},
    {"/api/v1/dns/log"_kj,             GET,    Route::DNS_LOG,     SEE,    0},
    {"/api/v1/dns/cache"_kj,           GET,    Route::DNS_CACHE,   SEE,    0},
    {"/api/v1/dns/upstreams"_kj,       GET,    Route::DNS_UPSTREAMS, SEE,  0},
    {"/api/v1/dns/lookup"_kj,          GET,    Route::DNS_LOOKUP,  SEE,    0},
    {"/api/v1/dns/flush"_kj,           POST,   Route::DNS_FLUSH,   CHANGE, SMALL},
    {"/api/v1/prompts"_kj,             GET,    Route::PROMPTS,     ANSWER, 0},
    {"/api/v1/prompts/answer"_kj,      POST,   Route::ANSWER_PROMPT, ANSWER, SMALL},
    {"/api/v1/prompts/dismiss"_kj,     POST,   Route::DISMISS_PROMPT, ANSWER, SMALL},
    {"/api/v1/mode"_kj,                POST,   Route::SET_MODE,    CHANGE, SMALL},
    {"/api/v1/mode/review"_kj,         GET,    Route::REVIEW_LEARNED, CHANGE, 0},
    {"/api/v1/mode/forget"_kj,         POST,   Route::FORGET_LEARNED, CHANGE, SMALL},
    {"/api/v1/profiles"_kj,            GET,    Route::PROFILES,    SEE,    0},
    {"/api/v1/profiles/use"_kj,        POST,   Route::USE_PROFILE, CHANGE, SMALL},
    {"/api/v1/gate"_kj,                GET,    Route::GATE,        SEE,    0},
    {"/api/v1/programs"_kj,            GET,    Route::PROGRAMS,    SEE,    0},
    {"/api/v1/program"_kj,             GET,    Route::PROGRAM,     SEE,    0},
    {"/api/v1/history/series"_kj,      GET,    Route::SERIES,      SEE,    0},
    {"/api/v1/who"_kj,                 GET,    Route::WHO,         SEE,    0},
    {"/api/v1/networks"_kj,            GET,    Route::NETWORKS,    SEE,    0},
    {"/api/v1/settings"_kj,            GET,    Route::SETTINGS,    SEE,    0},
    {"/api/v1/settings"_kj,            PATCH,  Route::CHANGE_SETTINGS, CHANGE, SMALL},
    {"/api/v1/lists"_kj,               GET,    Route::LISTS,       SEE,    0},
    {"/api/v1/lists/update"_kj,        POST,   Route::UPDATE_LISTS, CHANGE, SMALL},
    {"/api/v1/rules/confirm"_kj,       POST,   Route::CONFIRM,     CHANGE, SMALL},
    {"/api/v1/rules/try"_kj,           POST,   Route::TRY,         SEE,    RULES},
    {"/api/v1/history/connections"_kj, GET,    Route::PAST,        SEE,    0},
    {"/api/v1/history/queries"_kj,     GET,    Route::PAST_NAMES,  SEE,    0},
    {"/api/v1/history/summary"_kj,     GET,    Route::PAST_GROUPS, SEE,    0},
    {"/api/v1/history/gaps"_kj,        GET,    Route::PAST_GAPS,   SEE,    0},
    {"/api/v1/replay"_kj,              POST,   Route::REPLAY,      SEE,    RULES},
    {"/api/v1/tokens"_kj,              GET,    Route::TOKENS,      SEE,    0},
    {"/api/v1/tokens"_kj,              POST,   Route::CREATE_TOKEN, CHANGE, SMALL},
    {"/api/v1/tokens"_kj,              DELETE, Route::REVOKE_TOKEN, CHANGE, 0},
};
// clang-format on

}  // namespace

Target Target::of(kj::StringPtr url) {
  KJ_IF_MAYBE (mark, url.findFirst('?')) {
    return {kj::heapString(url.slice(0, *mark)), kj::str(url.slice(*mark + 1))};
  }
  return {kj::str(url), kj::str()};
}

kj::Maybe<const Endpoint&> findEndpoint(kj::StringPtr path, kj::HttpMethod method) {
  bool head = method == kj::HttpMethod::HEAD;
  for (auto& endpoint : TABLE)
    if (endpoint.method == (head ? GET : method) && endpoint.path == path &&
        !(head && endpoint.route == Route::EVENTS))
      return endpoint;
  return nullptr;
}

kj::String allowedMethods(kj::StringPtr path) {
  kj::Vector<kj::StringPtr> words;
  for (auto& endpoint : TABLE) {
    if (endpoint.path != path) continue;
    words.add(kj::toCharSequence(endpoint.method).begin());
    if (endpoint.method == GET && endpoint.route != Route::EVENTS) words.add("HEAD"_kj);
  }
  return kj::strArray(words, ", ");
}

}  // namespace portreeve::gateway
