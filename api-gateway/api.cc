// SPDX-License-Identifier: GPL-3.0-or-later
#include "api-gateway/api.h"

#include "api-gateway/etag.h"
#include "api-gateway/explain-query.h"
#include "api-gateway/json.h"
#include "api-gateway/problem.h"
#include "common/log.h"

#include <capnp/message.h>

namespace portreeve::gateway {
namespace {

namespace view = proto::view;

constexpr auto POLICY_AWAY =
    "The policy process does not answer, so nobody can be let in. `portreeve status` says more."_kj;

}  // namespace

kj::Promise<Reply> Api::answer(kj::Own<Session> session, Call call) {
  switch (call.route) {
    case Route::STATUS:
      return status(kj::mv(session));
    case Route::METRICS:
      return metrics(kj::mv(session));
    case Route::CONNECTIONS:
      return connections(kj::mv(session), call.query);
    case Route::EXPLAIN:
      return explain(kj::mv(session), call.query);
    case Route::WHO_AM_I:
      return whoAmI(*session);
    case Route::LOG_OUT:
      return logout(*session);
    case Route::RULES:
      return rules(kj::mv(session));
    case Route::ADD_RULES:
      return addRules(kj::mv(session), call.ifMatch, call.body);
    case Route::REMOVE_RULE:
      return removeRule(kj::mv(session), call.ifMatch, call.query);
    case Route::CONFIRM:
      return confirm(kj::mv(session));
    case Route::REPLACE_RULE:
      return replaceRule(kj::mv(session), call.ifMatch, call.body);
    case Route::MOVE_RULE:
      return moveRule(kj::mv(session), call.ifMatch, call.body);
    case Route::CHANGES:
      return changes(kj::mv(session), call.query);
    case Route::UNDO:
      return undo(kj::mv(session), call.body);
    case Route::DNS_LOG:
    case Route::DNS_CACHE:
    case Route::DNS_UPSTREAMS:
    case Route::DNS_LOOKUP:
    case Route::LISTS:
      return names(kj::mv(session), call.route, call.query);
    case Route::DNS_FLUSH:
      return flushNames(kj::mv(session), call.body);
    case Route::PROGRAMS:
      return programs(kj::mv(session), call.query);
    case Route::PROGRAM:
      return program(kj::mv(session), call.query);
    case Route::SERIES:
      return series(kj::mv(session), call.query);
    case Route::WHO:
      return who(kj::mv(session), call.query);
    case Route::NETWORKS:
      return networks(kj::mv(session), call.query);
    case Route::SETTINGS:
      return settings(kj::mv(session));
    case Route::CHANGE_SETTINGS:
      return changeSettings(kj::mv(session), call.ifMatch, call.body);
    case Route::UPDATE_LISTS:
      return updateLists(kj::mv(session));
    case Route::PROMPTS:
      return prompts(kj::mv(session));
    case Route::ANSWER_PROMPT:
      return answerPrompt(kj::mv(session), call.body);
    case Route::DISMISS_PROMPT:
      return dismissPrompt(kj::mv(session), call.body);
    case Route::SET_MODE:
      return setMode(kj::mv(session), call.body);
    case Route::REVIEW_LEARNED:
      return reviewLearned(kj::mv(session));
    case Route::FORGET_LEARNED:
      return forgetLearned(kj::mv(session));
    case Route::PROFILES:
      return profiles(kj::mv(session));
    case Route::USE_PROFILE:
      return useProfile(kj::mv(session), call.body);
    case Route::GATE:
      return gate(kj::mv(session));
    case Route::TOKENS:
      return tokens(kj::mv(session));
    case Route::CREATE_TOKEN:
      return createToken(kj::mv(session), call.body);
    case Route::REVOKE_TOKEN:
      return revokeToken(kj::mv(session), call.query);
    case Route::TRY:
      return tryRules(kj::mv(session), call.body);
    case Route::REPLAY:
      return replay(kj::mv(session), call.body);
    default:
      return past(kj::mv(session), call.route, call.query);
  }
}

kj::Promise<Reply> Api::login(kj::StringPtr body, uid_t asker) {
  KJ_IF_MAYBE (secret, parseSecret(body)) {
    KJ_IF_MAYBE (policy, suite.policy()) return redeem(*policy, *secret, asker);
    return problem(503, POLICY_AWAY);
  }
  return problem(400, "The body is not {\"secret\": \"<64 hexadecimal digits>\"}.");
}

kj::Promise<Reply> Api::redeem(proto::Policy::Client policy, kj::StringPtr secret, uid_t asker) {
  auto request = policy.redeemRequest();
  request.setSecret(secret);
  return timer
      .timeoutAfter(POLICY_TIME,
                    kj::Promise<capnp::Response<proto::Policy::RedeemResults>>(request.send()))
      .then([this, asker](auto&& answer) { return openSession(answer, asker); },
            [](kj::Exception&& e) {
              if (e.getType() != kj::Exception::Type::FAILED) return problem(503, POLICY_AWAY);
              log::debug(kj::str("a login was refused: ", e.getDescription()));
              return problem(401,
                             "This link is not good any more: each works once, for two minutes. "
                             "Get another with `portreeve ui`.");
            });
}

Reply Api::openSession(Redeemed redeemed, uid_t asker) {
  uid_t uid = redeemed.getUid();
  if (uid != asker) {
    log::warning(kj::str("a link for uid ", uid, " was opened by a program of uid ", asker));
    return problem(403, kj::str("This link is for user ", uid, ", and a program of user ", asker,
                                " opened it. It is used up: get another with `portreeve ui`, with "
                                "sudo add --for-user."));
  }
  kj::Maybe<proto::RuleEditor::Client> editor;
  if (redeemed.getMayChange()) editor = redeemed.getEditor();
  auto role = roleOf(redeemed.getRole());
  Authority authority{uid,
                      role,
                      redeemed.getObserver(),
                      kj::mv(editor),
                      redeemed.getTokens(),
                      redeemed.getPrompts(),
                      nullptr};
  if (redeemed.getMayChange()) authority.modes = redeemed.getModes();
  auto keys = sessions.open(kj::mv(authority));
  log::info(kj::str("a session was opened for uid ", uid));
  auto reply = json(kj::str("{\"token\":", quoted(keys.token), ",\"uid\":", uid, ",\"role\":\"",
                            roleText(role), "\"}\n"));
  reply.setCookie =
      kj::str(SESSION_COOKIE, '=', keys.cookie, "; HttpOnly; SameSite=Strict; Path=/");
  return reply;
}

kj::Promise<Reply> Api::connections(kj::Own<Session> session, kj::StringPtr query) {
  auto parsed = ConnectionQuery::parse(query);
  KJ_IF_MAYBE (wrong, parsed.tryGet<Wrong>()) return problem(400, wrong->reason);
  auto asked = kj::heap<ConnectionQuery>(kj::mv(parsed.get<ConnectionQuery>()));
  auto request = session->observer.connectionsRequest();
  asked->to(request.initFilter());
  auto reply = request.send().then([asked = kj::mv(asked)](auto&& answer) {
    capnp::MallocMessageBuilder message;
    auto page = message.initRoot<view::ConnectionPage>();
    asked->page(answer.getConnections(), page);
    return json(toJson(page.asReader()));
  });
  return orProblem(kj::mv(session), kj::mv(reply));
}

kj::Promise<Reply> Api::rules(kj::Own<Session> session) {
  auto reply = session->observer.rulesRequest().send().then([](auto&& answer) {
    auto shown = json(kj::str("{\"rules\":", toJson(answer.getRules()), "}"));
    shown.etag = etagOf(answer.getRules());
    return shown;
  });
  return orProblem(kj::mv(session), kj::mv(reply));
}

kj::Promise<Reply> Api::orProblem(kj::Own<Session> session, kj::Promise<Reply> reply) {
  return timer.timeoutAfter(POLICY_TIME, kj::mv(reply))
      .catch_([this, session = kj::mv(session)](kj::Exception&& e) mutable {
        return policyFailed(*session, e);
      });
}

kj::Promise<Reply> Api::explain(kj::Own<Session> session, kj::StringPtr query) {
  auto request = session->observer.explainRequest();
  KJ_IF_MAYBE (wrong, fillQuestion(query, request.initQuestion()))
    return problem(400, wrong->reason);
  uint64_t id = request.getQuestion().getId();
  if (id >= proto::FIRST_PAST_ID) return explainPast(kj::mv(session), id);
  auto reply =
      request.send().then([](auto&& answer) { return json(toJson(answer.getExplanation())); });
  return changeOrProblem(kj::mv(session), kj::mv(reply));
}

Reply Api::whoAmI(const Session& session) {
  capnp::MallocMessageBuilder message;
  auto answer = message.initRoot<view::SessionView>();
  answer.setUid(session.uid);
  answer.setRole(roleText(session.role));
  return json(toJson(answer.asReader()));
}

Reply Api::logout(Session& session) {
  sessions.end(session);
  auto reply = json(kj::str("{}"));
  reply.setCookie = kj::str(SESSION_COOKIE, "=; Max-Age=0; HttpOnly; SameSite=Strict; Path=/");
  return reply;
}

Reply Api::policyFailed(Session& session, const kj::Exception& e) {
  switch (e.getType()) {
    case kj::Exception::Type::DISCONNECTED:
      sessions.end(session);
      return problem(401,
                     "The policy process has gone, and this session with it. `portreeve status` "
                     "says how the suite is, `portreeve ui` gives a new link.");
    case kj::Exception::Type::OVERLOADED:
      return problem(503, "The policy process does not answer.");
    default:
      log::exception("asking policy for a session", e);
      return problem(502, "The policy process refused; the log says why.");
  }
}

}  // namespace portreeve::gateway
