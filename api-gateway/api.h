// SPDX-License-Identifier: GPL-3.0-or-later
// The answers of /api/v1, each made from what the asking session may see. The gateway adds no
// authority of its own but one: it may ask every process how it is.
#pragma once

#include "api-gateway/authentication.h"
#include "api-gateway/connection-query.h"
#include "api-gateway/history-query.h"
#include "api-gateway/reply.h"
#include "api-gateway/routes.h"
#include "api-gateway/session-store.h"
#include "api-gateway/suite-link.h"
#include "common/accounts.h"

#include <capnp/message.h>
#include <kj/async.h>
#include <kj/function.h>
#include <kj/refcount.h>
#include <kj/timer.h>

namespace portreeve::gateway {

constexpr auto PAST_TIME = 15 * kj::SECONDS;  // for an answer of the historian
constexpr auto REPLAY_TIME = 90 * kj::SECONDS;
constexpr auto POLICY_STATUS_TIME = 1 * kj::SECONDS;  // the same within a status: as collectStatus

struct Call {
  // What a request asks for, once it is whose it says and all of it is here.
  Route route;
  kj::String query;    // of the URL
  kj::String ifMatch;  // empty: none
  kj::String body;
};

class Api {
public:
  Api(SuiteLink& suite, SessionStore& sessions, kj::Timer& timer, const UserNames& users)
      : suite(suite), sessions(sessions), timer(timer), users(users) {}

  // Ordinary failures are problem replies, not exceptions: policy away or silent 503, a link or
  // session that is no longer good 401.
  kj::Promise<Reply> login(kj::StringPtr body, uid_t asker);
  // {"secret": …} for a cookie and {"token", "uid", "role"}. The secret is good once, whatever
  // comes of it; a session is only opened for `asker`, the user whose program asks.

  kj::Promise<Reply> answer(kj::Own<Session> session, Call call);
  // Whatever else is in the table of endpoints, but the stream. The session has the role that the
  // endpoint needs.

  Reply policyFailed(Session& session, const kj::Exception& e);
  // What a session is told when its call to policy failed. DISCONNECTED ends the session.

private:
  SuiteLink& suite;
  SessionStore& sessions;
  kj::Timer& timer;
  const UserNames& users;

  struct SharedReply final : public kj::Refcounted {
    Reply reply;
    kj::TimePoint at = kj::origin<kj::TimePoint>();
    kj::Own<SharedReply> addRef() { return kj::addRef(*this); }  // for each branch of `made`
  };
  bool making = false;                     // a status, for `made`
  kj::Maybe<kj::Own<SharedReply>> shared;  // the newest that was good
  kj::ForkedPromise<kj::Own<SharedReply>> made =
      kj::Promise<kj::Own<SharedReply>>(kj::NEVER_DONE).fork();
  kj::Promise<kj::Own<SharedReply>> makeStatus(kj::Own<Session> session);

  // What is now.
  kj::Promise<Reply> status(kj::Own<Session> session);
  // At most 100 ms old, so that many who ask cost the suite no more than one.
  kj::Promise<Reply> connections(kj::Own<Session> session, kj::StringPtr query);
  kj::Promise<Reply> rules(kj::Own<Session> session);
  // With an ETag that differs whenever another rule is in force.
  kj::Promise<Reply> explain(kj::Own<Session> session, kj::StringPtr query);
  kj::Promise<Reply> explainPast(kj::Own<Session> session, uint64_t connection);
  kj::Promise<Reply> metrics(kj::Own<Session> session);
  Reply whoAmI(const Session& session);
  Reply logout(Session& session);

  // What changes something. Rules: name by `ifMatch` those that are meant (428, 412), so that
  // nobody undoes what he has not seen.
  kj::Promise<Reply> addRules(kj::Own<Session> session, kj::StringPtr ifMatch, kj::StringPtr body);
  kj::Promise<Reply> removeRule(kj::Own<Session> session, kj::StringPtr ifMatch,
                                kj::StringPtr query);
  kj::Promise<Reply> replaceRule(kj::Own<Session> session, kj::StringPtr ifMatch,
                                 kj::StringPtr body);
  kj::Promise<Reply> moveRule(kj::Own<Session> session, kj::StringPtr ifMatch, kj::StringPtr body);
  kj::Promise<Reply> confirm(kj::Own<Session> session);
  kj::Promise<Reply> changes(kj::Own<Session> session, kj::StringPtr query);
  kj::Promise<Reply> undo(kj::Own<Session> session, kj::StringPtr body);

  // What the resolver knows. 503 while it is away.
  kj::Promise<Reply> names(kj::Own<Session> session, Route route, kj::StringPtr query);

  kj::Promise<Reply> flushNames(kj::Own<Session> session, kj::StringPtr body);

  // Programs: what each has done, from the past and the present together; how that went over time.
  kj::Promise<Reply> programs(kj::Own<Session> session, kj::StringPtr query);
  kj::Promise<Reply> program(kj::Own<Session> session, kj::StringPtr query);
  kj::Promise<Reply> series(kj::Own<Session> session, kj::StringPtr query);

  kj::Promise<Reply> who(kj::Own<Session> session, kj::StringPtr query);
  // Who owns a socket. 404: nobody.

  kj::Promise<Reply> networks(kj::Own<Session> session, kj::StringPtr query);
  // Where addresses are: scope, country, autonomous system.

  kj::Promise<Reply> settings(kj::Own<Session> session);
  // As they are in force now, with an ETag that differs whenever one of them is another.
  kj::Promise<Reply> changeSettings(kj::Own<Session> session, kj::StringPtr ifMatch,
                                    kj::StringPtr body);
  kj::Promise<Reply> updateLists(kj::Own<Session> session);

  // Questions to the session's user, and their answers.
  kj::Promise<Reply> prompts(kj::Own<Session> session);
  kj::Promise<Reply> answerPrompt(kj::Own<Session> session, kj::StringPtr body);
  kj::Promise<Reply> dismissPrompt(kj::Own<Session> session, kj::StringPtr body);

  // What holds for a while instead of the rules: lockdown, pause, learn.
  kj::Promise<Reply> setMode(kj::Own<Session> session, kj::StringPtr body);
  kj::Promise<Reply> reviewLearned(kj::Own<Session> session);
  kj::Promise<Reply> forgetLearned(kj::Own<Session> session);

  kj::Promise<Reply> profiles(kj::Own<Session> session);
  kj::Promise<Reply> useProfile(kj::Own<Session> session, kj::StringPtr body);
  kj::Promise<Reply> gate(kj::Own<Session> session);
  // The ways of Gate17; 503 while its entrypoint is away.

  // Tokens of scripts: of the session's user. A script has none to give (403).
  kj::Promise<Reply> tokens(kj::Own<Session> session);
  kj::Promise<Reply> createToken(kj::Own<Session> session, kj::StringPtr body);
  kj::Promise<Reply> revokeToken(kj::Own<Session> session, kj::StringPtr query);

  // The past, as the historian has it. A filter that it does not understand is 400.
  kj::Promise<Reply> past(kj::Own<Session> session, Route route, kj::StringPtr query);
  kj::Promise<Reply> pastConnections(kj::Own<Session> session, const HistoryQuery& query);
  kj::Promise<Reply> pastNames(kj::Own<Session> session, const HistoryQuery& query);
  kj::Promise<Reply> pastGroups(kj::Own<Session> session, const HistoryQuery& query);
  kj::Promise<Reply> pastGaps(kj::Own<Session> session, const HistoryQuery& query);
  kj::Promise<Reply> replay(kj::Own<Session> session, kj::StringPtr body);
  kj::Promise<Reply> tryRules(kj::Own<Session> session, kj::StringPtr body);
  // The rules in force with these added: what they would have changed in the last seven days.

  kj::Promise<Reply> redeem(proto::Policy::Client policy, kj::StringPtr secret, uid_t asker);
  using Redeemed = proto::Policy::RedeemResults::Reader;
  Reply openSession(Redeemed redeemed, uid_t asker);
  kj::Promise<Reply> orProblem(kj::Own<Session> session, kj::Promise<Reply> reply);

  using Change = kj::Function<kj::Promise<Reply>(proto::RuleEditor::Client&)>;
  using Etag = kj::Function<kj::Promise<kj::String>(proto::Observer::Client&)>;
  kj::Promise<Reply> changeSeen(kj::Own<Session> session, kj::StringPtr ifMatch, kj::StringPtr what,
                                Etag present, Change change);
  // 428 without If-Match, 412 where it is not `present`: nobody changes what he has not seen.
  kj::Promise<Reply> changeRules(kj::Own<Session> session, kj::StringPtr ifMatch, Change change);
  kj::Promise<Reply> changeOrProblem(kj::Own<Session> session, kj::Promise<Reply> reply);
  using Question = kj::Function<kj::Promise<Reply>(proto::History::Client&)>;
  kj::Promise<Reply> askPast(kj::Own<Session> session, Question question);
  kj::Promise<Reply> replayTexts(kj::Own<Session> session,
                                 kj::Own<capnp::MallocMessageBuilder> params);
};

}  // namespace portreeve::gateway
