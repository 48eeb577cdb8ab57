// SPDX-License-Identifier: GPL-3.0-or-later
// The answers of /api/v1, each made from what the asking session may see. The gateway adds no
// authority of its own but one: it may ask every process how it is.
#pragma once

#include "api-gateway/connection-query.h"
#include "api-gateway/reply.h"
#include "api-gateway/session-store.h"
#include "api-gateway/suite-link.h"

#include <kj/async.h>
#include <kj/timer.h>

namespace portreeve::gateway {

constexpr auto POLICY_TIME = 5 * kj::SECONDS;         // for an answer of policy
constexpr auto POLICY_STATUS_TIME = 1 * kj::SECONDS;  // the same within a status: as collectStatus

class Api {
public:
  Api(SuiteLink& suite, SessionStore& sessions, kj::Timer& timer)
      : suite(suite), sessions(sessions), timer(timer) {}

  // Ordinary failures are problem replies, not exceptions: policy away or silent 503, a link or
  // session that is no longer good 401.
  kj::Promise<Reply> login(kj::StringPtr body);
  // {"secret": …} for a cookie and {"token", "uid"}. The secret is good once, whatever comes of it.
  kj::Promise<Reply> status(kj::Own<Session> session);
  kj::Promise<Reply> connections(kj::Own<Session> session, const ConnectionQuery& query);
  kj::Promise<Reply> rules(kj::Own<Session> session);

  Reply policyFailed(Session& session, const kj::Exception& e);
  // What a session is told when its call to policy failed. DISCONNECTED ends the session.

private:
  SuiteLink& suite;
  SessionStore& sessions;
  kj::Timer& timer;

  kj::Promise<Reply> redeem(proto::Policy::Client policy, kj::StringPtr secret);
  Reply openSession(uid_t uid, proto::Observer::Client observer);
  kj::Promise<Reply> orProblem(kj::Own<Session> session, kj::Promise<Reply> reply);
};

}  // namespace portreeve::gateway
