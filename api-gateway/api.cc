// SPDX-License-Identifier: GPL-3.0-or-later
#include "api-gateway/api.h"

#include "api-gateway/json.h"
#include "api-gateway/problem.h"
#include "common/log.h"

#include <capnp/message.h>

namespace portreeve::gateway {
namespace {

namespace view = proto::view;

constexpr auto POLICY_AWAY =
    "The policy process does not answer, so nobody can be let in. `portreeve status` says more."_kj;

Reply json(kj::String body) {
  Reply reply;
  reply.body = kj::mv(body);
  return reply;
}

void adoptRules(view::Status::Builder status, view::RulesStatus::Reader rules) {
  status.setRules(rules);
  if (rules.getError().size() == 0 || status.getState() != "enforcing") return;
  status.setState("degraded");
  status.setReason(kj::str("the newest rules are not in force: ", rules.getError()));
}

}  // namespace

kj::Promise<Reply> Api::login(kj::StringPtr body) {
  KJ_IF_MAYBE (secret, parseSecret(body)) {
    KJ_IF_MAYBE (policy, suite.policy()) return redeem(*policy, *secret);
    return problem(503, POLICY_AWAY);
  }
  return problem(400, "The body is not {\"secret\": \"<64 hexadecimal digits>\"}.");
}

kj::Promise<Reply> Api::redeem(proto::Policy::Client policy, kj::StringPtr secret) {
  auto request = policy.redeemRequest();
  request.setSecret(secret);
  return timer
      .timeoutAfter(POLICY_TIME,
                    kj::Promise<capnp::Response<proto::Policy::RedeemResults>>(request.send()))
      .then([this](auto&& answer) { return openSession(answer.getUid(), answer.getObserver()); },
            [](kj::Exception&& e) {
              if (e.getType() != kj::Exception::Type::FAILED) return problem(503, POLICY_AWAY);
              log::debug(kj::str("a login was refused: ", e.getDescription()));
              return problem(401,
                             "This link is not good any more: each works once, for two minutes. "
                             "Get another with `portreeve ui`.");
            });
}

Reply Api::openSession(uid_t uid, proto::Observer::Client observer) {
  auto keys = sessions.open(uid, kj::mv(observer));
  log::info(kj::str("a session was opened for uid ", uid));
  auto reply = json(kj::str("{\"token\":", quoted(keys.token), ",\"uid\":", uid, "}\n"));
  reply.setCookie =
      kj::str(SESSION_COOKIE, '=', keys.cookie, "; HttpOnly; SameSite=Strict; Path=/");
  return reply;
}

kj::Promise<Reply> Api::status(kj::Own<Session> session) {
  auto message = kj::heap<capnp::MallocMessageBuilder>();
  auto status = message->initRoot<view::Status>();
  auto& held = *session;
  return suite.collectStatus(status)
      .then([this, &held]() {
        return timer.timeoutAfter(POLICY_STATUS_TIME,
                                  kj::Promise<capnp::Response<proto::Observer::RulesStatusResults>>(
                                      held.observer.rulesStatusRequest().send()));
      })
      .then(
          [status](auto&& answer) mutable {
            adoptRules(status, answer.getStatus());
            return json(toJson(status.asReader()));
          },
          [this, status, &held](kj::Exception&& e) {
            if (e.getType() == kj::Exception::Type::DISCONNECTED) return policyFailed(held, e);
            // A policy that hangs is just what a status is asked for.
            return json(toJson(status.asReader()));
          })
      .attach(kj::mv(session), kj::mv(message));
}

kj::Promise<Reply> Api::connections(kj::Own<Session> session, const ConnectionQuery& query) {
  auto request = session->observer.connectionsRequest();
  query.to(request.initFilter());
  auto reply = request.send().then([](auto&& answer) {
    return json(kj::str("{\"connections\":", toJson(answer.getConnections()), "}"));
  });
  return orProblem(kj::mv(session), kj::mv(reply));
}

kj::Promise<Reply> Api::rules(kj::Own<Session> session) {
  auto reply = session->observer.rulesRequest().send().then(
      [](auto&& answer) { return json(kj::str("{\"rules\":", toJson(answer.getRules()), "}")); });
  return orProblem(kj::mv(session), kj::mv(reply));
}

kj::Promise<Reply> Api::orProblem(kj::Own<Session> session, kj::Promise<Reply> reply) {
  return timer.timeoutAfter(POLICY_TIME, kj::mv(reply))
      .catch_([this, session = kj::mv(session)](kj::Exception&& e) mutable {
        return policyFailed(*session, e);
      });
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
