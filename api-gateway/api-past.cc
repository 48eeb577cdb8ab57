// SPDX-License-Identifier: GPL-3.0-or-later
// The part of Api that asks the historian.
#include "api-gateway/api.h"
#include "api-gateway/json.h"
#include "api-gateway/problem.h"
#include "api-gateway/remote-words.h"
#include "common/clock.h"
#include "common/policy-table.h"
#include "common/supposed-profile.h"

namespace portreeve::gateway {
namespace {

namespace view = proto::view;

constexpr auto NO_HISTORIAN =
    "The historian does not answer, so the past is not known now. `portreeve status` says more."_kj;
constexpr uint64_t TRY_MS = 7ull * 86'400'000;

Reply pastFailed(const kj::Exception& e) {
  switch (e.getType()) {
    case kj::Exception::Type::FAILED:
      return problem(400, remoteWords(e));
    case kj::Exception::Type::OVERLOADED:
      return problem(503, remoteWords(e));
    default:
      return problem(503, NO_HISTORIAN);
  }
}

void addInForce(capnp::List<proto::RuleText>::Reader sources, kj::StringPtr added,
                proto::History::ReplayParams::Builder params) {
  auto list = params.initRules(sources.size() + 1);
  for (uint i = 0; i < sources.size(); i++) list.setWithCaveats(i, sources[i]);
  auto last = list[sources.size()];
  last.setFile("the new rule");
  last.setText(added);
  last.setOwn(true);
  last.setWritten(wallNs());
}

kj::Maybe<Reply> fillReplay(kj::StringPtr body, proto::History::ReplayParams::Builder params) {
  capnp::MallocMessageBuilder message;
  auto request = message.initRoot<view::ReplayRequest>();
  KJ_IF_MAYBE (why, readJson(body, request)) return problem(400, *why);
  auto rules = request.getRules();
  auto list = params.initRules(rules.size());
  for (uint i = 0; i < rules.size(); i++) {
    list[i].setFile(rules[i].getFile());
    list[i].setText(rules[i].getText());
    list[i].setOwn(rules[i].getOwn());
    list[i].setWritten(wallNs());
  }
  for (bool since : {true, false}) {
    kj::StringPtr text = since ? request.getSince() : request.getUntil();
    if (text.size() == 0) continue;
    KJ_IF_MAYBE (moment, parseMoment(text, wallNs())) {
      if (since)
        params.setSince(*moment);
      else
        params.setUntil(*moment);
    } else {
      return problem(400,
                     "since and until are times like 2026-11-25T12:00:00Z, or 30s, 5m, 2h, 7d.");
    }
  }
  params.setProfile(request.getProfile());
  return nullptr;
}

template <typename Params, typename Results>
kj::Promise<capnp::Response<Results>> judgeAsNow(proto::Observer::Client& observer,
                                                 capnp::Request<Params, Results> request,
                                                 kj::String profile) {
  // Sends it, with [policy] as it is in force and under that profile (common/supposed-profile.h).
  auto profiles = observer.profilesRequest().send();
  return observer.settingsRequest().send().then(
      [request = kj::mv(request), profiles = kj::mv(profiles),
       profile = kj::mv(profile)](auto&& settings) mutable {
        request.setPolicy(policyTable(settings.getPage()));
        return profiles.then(
            [request = kj::mv(request), profile = kj::mv(profile)](auto&& present) mutable {
              suppose(request, profile, present.getProfiles());
              return kj::Promise<capnp::Response<Results>>(request.send());
            });
      });
}

}  // namespace

kj::Promise<Reply> Api::askPast(kj::Own<Session> session, Question question) {
  KJ_IF_MAYBE (historian, suite.historian()) {
    auto history = historian->historyRequest().send().getHistory();
    return timer.timeoutAfter(PAST_TIME, question(history))
        .catch_([](kj::Exception&& e) { return pastFailed(e); })
        .attach(kj::mv(session));
  }
  return problem(503, NO_HISTORIAN);
}

kj::Promise<Reply> Api::past(kj::Own<Session> session, Route route, kj::StringPtr text) {
  auto parsed = HistoryQuery::parse(text, wallNs());
  KJ_IF_MAYBE (wrong, parsed.tryGet<Wrong>()) return problem(400, wrong->reason);
  auto& query = parsed.get<HistoryQuery>();
  switch (route) {
    case Route::PAST_NAMES:
      return pastNames(kj::mv(session), query);
    case Route::PAST_GROUPS:
      return pastGroups(kj::mv(session), query);
    case Route::PAST_GAPS:
      return pastGaps(kj::mv(session), query);
    default:
      return pastConnections(kj::mv(session), query);
  }
}

kj::Promise<Reply> Api::pastConnections(kj::Own<Session> session, const HistoryQuery& query) {
  return askPast(kj::mv(session), [&query](proto::History::Client& history) {
    auto request = history.connectionsRequest();
    query.to(request.initFilter());
    return request.send().then([](auto&& answer) { return json(toJson(answer.getPage())); });
  });
}

kj::Promise<Reply> Api::pastNames(kj::Own<Session> session, const HistoryQuery& query) {
  return askPast(kj::mv(session), [&query](proto::History::Client& history) {
    auto request = history.queriesRequest();
    query.to(request.initFilter());
    return request.send().then([](auto&& answer) { return json(toJson(answer.getPage())); });
  });
}

kj::Promise<Reply> Api::pastGroups(kj::Own<Session> session, const HistoryQuery& query) {
  return askPast(kj::mv(session), [&query](proto::History::Client& history) {
    auto request = history.summaryRequest();
    query.to(request.initFilter());
    request.setBy(query.by.size() > 0 ? query.by : kj::StringPtr("program"));
    return request.send().then([](auto&& answer) {
      return json(kj::str("{\"groups\":", toJson(answer.getGroups()), "}"));
    });
  });
}

kj::Promise<Reply> Api::pastGaps(kj::Own<Session> session, const HistoryQuery& query) {
  return askPast(kj::mv(session), [&query](proto::History::Client& history) {
    auto request = history.gapsRequest();
    query.to(request.initFilter());
    return request.send().then(
        [](auto&& answer) { return json(kj::str("{\"gaps\":", toJson(answer.getGaps()), "}")); });
  });
}

kj::Promise<Reply> Api::explainPast(kj::Own<Session> session, uint64_t connection) {
  auto& observer = session->observer;
  return askPast(kj::mv(session), [&observer, connection](proto::History::Client& history) {
    auto request = history.explainRequest();
    request.setConnection(connection);
    return observer.sourcesRequest().send().then(
        [&observer, request = kj::mv(request)](auto&& answer) mutable {
          request.setRules(answer.getSources());
          return judgeAsNow(observer, kj::mv(request), kj::String()).then([](auto&& told) {
            return json(toJson(told.getExplanation()));
          });
        });
  });
}

kj::Promise<Reply> Api::replayTexts(kj::Own<Session> session,
                                    kj::Own<capnp::MallocMessageBuilder> params) {
  KJ_IF_MAYBE (historian, suite.historian()) {
    auto request = historian->historyRequest().send().getHistory().replayRequest();
    auto wanted = params->getRoot<proto::History::ReplayParams>().asReader();
    request.setRules(wanted.getRules());
    request.setSince(wanted.getSince());
    request.setUntil(wanted.getUntil());
    auto reply = judgeAsNow(session->observer, kj::mv(request), kj::str(wanted.getProfile()))
                     .then([](auto&& answer) { return json(toJson(answer.getOutcome())); });
    return timer.timeoutAfter(REPLAY_TIME, kj::mv(reply))
        .catch_([](kj::Exception&& e) { return pastFailed(e); })
        .attach(kj::mv(session));
  }
  return problem(503, NO_HISTORIAN);
}

kj::Promise<Reply> Api::replay(kj::Own<Session> session, kj::StringPtr body) {
  auto params = kj::heap<capnp::MallocMessageBuilder>();
  KJ_IF_MAYBE (refusal, fillReplay(body, params->initRoot<proto::History::ReplayParams>()))
    return kj::mv(*refusal);
  return replayTexts(kj::mv(session), kj::mv(params));
}

kj::Promise<Reply> Api::tryRules(kj::Own<Session> session, kj::StringPtr body) {
  auto message = kj::heap<capnp::MallocMessageBuilder>();
  auto change = message->initRoot<view::RuleChange>();
  KJ_IF_MAYBE (why, readJson(body, change)) return problem(400, *why);
  auto& held = *session;
  auto asked = held.observer.sourcesRequest().send().then(
      [this, change, message = kj::mv(message),
       kept = kj::addRef(*session)](auto&& answer) mutable {
        auto params = kj::heap<capnp::MallocMessageBuilder>();
        auto root = params->template initRoot<proto::History::ReplayParams>();
        addInForce(answer.getSources(), change.getToml(), root);
        root.setSince(wallNs() / 1'000'000 - TRY_MS);
        return replayTexts(kj::mv(kept), kj::mv(params));
      });
  return asked.catch_([this, session = kj::mv(session)](kj::Exception&& e) mutable {
    return policyFailed(*session, e);
  });
}

}  // namespace portreeve::gateway
