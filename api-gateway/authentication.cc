// SPDX-License-Identifier: GPL-3.0-or-later
#include "api-gateway/authentication.h"

#include "api-gateway/problem.h"
#include "common/log.h"

namespace portreeve::gateway {
namespace {

constexpr auto NOT_LOGGED_IN =
    "Log in with the link that `portreeve ui` prints: its cookie and its token are both needed. A "
    "script shows a token of `portreeve token create`."_kj;
constexpr auto NO_TOKEN =
    "This token is unknown, revoked or expired: `portreeve token list` shows those that are good."_kj;
constexpr auto ANOTHERS =
    "This is another user's: a session or token is good for its own user's programs alone."_kj;
constexpr auto UNKNOWN = "It cannot be told whose program asks: nobody holds its socket."_kj;
constexpr uint32_t NOBODY = 4294967295;  // as proto/flow.capnp has it where no uid is known

using Opened = capnp::Response<proto::TokenOpener::OpenResults>;

Reply unknownAsker(const kj::Exception& e) {
  log::debug(kj::str("whose client it is: ", e.getDescription()));
  return problem(503, "It cannot be told whose program asks: the attributor does not answer.");
}

Reply anothers(kj::StringPtr whose, uint32_t asking) {
  // A page that is closed while it asks has no socket any more by the time that its owner is looked
  // for.
  if (asking == NOBODY) {
    log::debug(kj::str(whose, " was shown by a program that has closed its socket since"));
    return problemAndClose(403, UNKNOWN);
  }
  log::warning(kj::str(whose, " was shown by a program of uid ", asking));
  return problemAndClose(403, ANOTHERS);
}

Reply tooMany(kj::Duration wait) {
  auto reply =
      problem(429, "Too many links or tokens that were not good: wait before the next one.");
  reply.retryAfter = uint((wait + 999 * kj::MILLISECONDS) / kj::SECONDS);
  return reply;
}

Authority authorityOf(proto::TokenOpener::OpenResults::Reader opened) {
  Authority authority{opened.getUid(),
                      roleOf(opened.getRole()),
                      opened.getObserver(),
                      nullptr,
                      nullptr,
                      opened.getPrompts(),
                      nullptr};
  if (authority.role != SessionRole::CHANGE) return authority;
  authority.editor = opened.getEditor();
  authority.modes = opened.getModes();
  return authority;
}

}  // namespace

kj::Promise<uint32_t> Authentication::asker() {
  // Asked once a connection: cookie and token may be right and yet be somebody else's.
  KJ_IF_MAYBE (uid, known) return *uid;
  return keeper.timer.timeoutAfter(ASKER_TIME, keeper.suite.ownerOf(client))
      .then([this](uint32_t uid) {
        known = uid;
        return uid;
      });
}

kj::Promise<Authentication::Admitted> Authentication::admit(const Credentials& credentials) {
  KJ_IF_MAYBE (session, keeper.sessions.find(credentials)) {
    place.trust();
    return admitOwn(kj::mv(*session));
  }
  if (credentials.isForScript()) return admitByToken(kj::heapString(credentials.token));
  return Admitted(problem(401, NOT_LOGGED_IN));
}

kj::Promise<Authentication::Admitted> Authentication::admitOwn(kj::Own<Session> session) {
  return asker().then(
      [session = kj::mv(session)](uint32_t asking) mutable -> Admitted {
        if (asking == session->uid) return kj::mv(session);
        return anothers(kj::str("the session of uid ", session->uid), asking);
      },
      [](kj::Exception&& e) -> Admitted { return unknownAsker(e); });
}

kj::Promise<Authentication::Admitted> Authentication::admitByToken(kj::String token) {
  return mayTry().then([this, token = kj::mv(token)](
                           kj::OneOf<uid_t, Reply>&& asking) mutable -> kj::Promise<Admitted> {
    KJ_IF_MAYBE (reply, asking.tryGet<Reply>()) return Admitted(kj::mv(*reply));
    KJ_IF_MAYBE (policy, keeper.suite.policy())
      return openToken(*policy, kj::mv(token), asking.get<uid_t>());
    return Admitted(problem(503, "The policy process does not answer."));
  });
}

kj::Promise<Authentication::Admitted> Authentication::openToken(proto::Policy::Client policy,
                                                                kj::String token, uid_t asker) {
  auto request = policy.tokensRequest().send().getOpener().openRequest();
  request.setToken(token);
  return keeper.timer.timeoutAfter(POLICY_TIME, kj::Promise<Opened>(request.send()))
      .then(
          [this, token = kj::mv(token), asker](Opened&& opened) -> Admitted {
            tried(asker, 200);
            if (opened.getUid() != asker)
              return anothers(kj::str("a token of uid ", opened.getUid()), asker);
            place.trust();
            auto session = keeper.sessions.openByToken(authorityOf(opened), token);
            keeper.sessions.endWith(*session,
                                    opened.getValidity().endedRequest().send().ignoreResult());
            return kj::mv(session);
          },
          [this, asker](kj::Exception&& e) -> Admitted {
            if (e.getType() != kj::Exception::Type::FAILED)
              return problem(503, "The policy process does not answer.");
            tried(asker, 401);
            return problem(401, NO_TOKEN);
          });
}

kj::Promise<kj::OneOf<uid_t, Reply>> Authentication::mayTry() {
  return asker().then(
      [this](uint32_t uid) -> kj::OneOf<uid_t, Reply> {
        KJ_IF_MAYBE (wait, keeper.attempts.wait(uid, keeper.timer.now())) return tooMany(*wait);
        return uid_t(uid);
      },
      [](kj::Exception&& e) -> kj::OneOf<uid_t, Reply> { return unknownAsker(e); });
}

void Authentication::tried(uid_t uid, uint status) {
  if (status == 200) keeper.attempts.succeeded(uid);
  if (status == 401) keeper.attempts.failed(uid, keeper.timer.now());
}

}  // namespace portreeve::gateway
