// SPDX-License-Identifier: GPL-3.0-or-later
// Whose request this is: by a session's two secrets, or by a script's token; and always by whose
// program holds the other end of the connection.
#pragma once

#include "api-gateway/login-attempts.h"
#include "api-gateway/open-connections.h"
#include "api-gateway/reply.h"
#include "api-gateway/session-store.h"
#include "api-gateway/suite-link.h"
#include "common/tuple.h"

#include <kj/async.h>
#include <kj/one-of.h>
#include <kj/timer.h>

namespace portreeve::gateway {

constexpr auto ASKER_TIME = 2 * kj::SECONDS;   // for the attributor to say whose client it is
constexpr auto POLICY_TIME = 5 * kj::SECONDS;  // for an answer of policy

struct Doorkeeper {
  // What all connections share of it.
  kj::Timer& timer;
  SuiteLink& suite;
  SessionStore& sessions;
  LoginAttempts& attempts;
};

class Authentication {
  // Of one connection.
public:
  Authentication(Doorkeeper& keeper, Tuple client, OpenConnections::Entry& place)
      : keeper(keeper), client(client), place(place) {}
  // `keeper` and `place` outlive it; `place` is trusted once the secrets are good, before it is
  // known whose program shows them: that may take long on a busy machine.

  using Admitted = kj::OneOf<kj::Own<Session>, Reply>;
  kj::Promise<Admitted> admit(const Credentials& credentials);
  // The session, or why not: 401, 403 where it is another user's, 429 after too many wrong tokens,
  // 503 while nobody can tell. `credentials` is not looked at after the call has returned.

  kj::Promise<kj::OneOf<uid_t, Reply>> mayTry();
  // Before a login: the user whose program asks, or why it cannot be told (503) or has to wait
  // (429).
  void tried(uid_t uid, uint status);  // what came of it

private:
  Doorkeeper& keeper;
  Tuple client;
  OpenConnections::Entry& place;
  kj::Maybe<uint32_t> known;  // the asker, once it was asked for

  kj::Promise<uint32_t> asker();
  kj::Promise<Admitted> admitOwn(kj::Own<Session> session);
  kj::Promise<Admitted> admitByToken(kj::String token);
  kj::Promise<Admitted> openToken(proto::Policy::Client policy, kj::String token, uid_t asker);
};

}  // namespace portreeve::gateway
