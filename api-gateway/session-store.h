// SPDX-License-Identifier: GPL-3.0-or-later
// Who is logged in. A session is a capability that policy minted for a uid and this process was
// shown; it is found again by two secrets together: a cookie, which the page's script cannot read
// but every server on this host name is sent (cookies know no ports), and a token, which only the
// tab that logged in has. Bounded; a session ends after 12 hours without use, when policy goes, or
// when 64 newer ones need its place. What a script's token opened (proto/token.capnp) is a session
// as well: found by the token alone, which no browser sends by itself.
#pragma once

#include "common/clock.h"
#include "proto/policy.capnp.h"

#include <kj/refcount.h>
#include <kj/string.h>
#include <kj/timer.h>
#include <kj/vector.h>
#include <sys/types.h>

namespace portreeve::gateway {

constexpr size_t MAX_SESSIONS = 64;
constexpr auto SESSION_IDLE = 12 * kj::HOURS;
constexpr kj::StringPtr SESSION_COOKIE = "portreeve_session"_kj;
constexpr kj::StringPtr EVENTS_PROTOCOL = "portreeve.v1"_kj;  // of a WebSocket (RFC 6455, 1.9)

enum class SessionRole : uint8_t { OBSERVE, ANSWER, CHANGE };  // each may what the ones before may
kj::StringPtr roleText(SessionRole role);                      // "observe"
SessionRole roleOf(proto::SessionRole role);

struct Authority {
  // What policy gave for a secret.
  uid_t uid;
  SessionRole role;
  proto::Observer::Client observer;
  kj::Maybe<proto::RuleEditor::Client> editor;  // with CHANGE
  kj::Maybe<proto::Tokens::Client> tokens;      // those of the user; not by a token
  proto::Prompts::Client prompts;               // with OBSERVE it answers nothing
  kj::Maybe<proto::Modes::Client> modes;        // with CHANGE
};

class Session final : public kj::Refcounted {
public:
  explicit Session(Authority authority)
      : uid(authority.uid),
        role(authority.role),
        observer(kj::mv(authority.observer)),
        editor(kj::mv(authority.editor)),
        tokens(kj::mv(authority.tokens)),
        prompts(kj::mv(authority.prompts)),
        modes(kj::mv(authority.modes)) {}

  const uid_t uid;
  const SessionRole role;
  proto::Observer::Client observer;
  kj::Maybe<proto::RuleEditor::Client> editor;
  kj::Maybe<proto::Tokens::Client> tokens;
  proto::Prompts::Client prompts;
  kj::Maybe<proto::Modes::Client> modes;
  bool ended() const { return over; }

private:
  friend class SessionStore;
  bool over = false;
};

struct Credentials {
  // What a request shows. The pieces point into its headers.
  kj::Vector<kj::ArrayPtr<const char>> cookies;  // every value of SESSION_COOKIE
  kj::ArrayPtr<const char> token;                // empty: none
  bool isForScript() const;  // the token is one of `portreeve token`: it needs no cookie

  static Credentials of(kj::Maybe<kj::StringPtr> cookieHeader,
                        kj::Maybe<kj::StringPtr> authorizationHeader,
                        kj::Maybe<kj::StringPtr> webSocketProtocols = nullptr);
  // A page cannot give a WebSocket an Authorization: its token is one of the protocols that it
  // offers, "portreeve.bearer.<token>".
};

class SessionStore {
public:
  explicit SessionStore(kj::Timer& timer) : timer(timer) {}

  struct Keys {
    kj::String cookie, token;  // 64 hexadecimal digits each; a script has no cookie
  };
  Keys open(Authority authority);
  // Ends the session that was used longest ago when there are too many.

  kj::Own<Session> openByToken(Authority authority, kj::StringPtr token);

  kj::Maybe<kj::Own<Session>> find(const Credentials& credentials);
  // Both secrets must be those of one session, or the token that of a script. Counts as use of it.

  void endWith(Session& session, kj::Promise<void> reason);
  // It ends when `reason` resolves or rejects.
  void keepAlive(Session& session);  // counts as use
  void end(Session& session);
  void endAll();
  size_t size() const { return entries.size(); }

private:
  struct Entry {
    kj::Own<Session> session;
    Keys keys;
    kj::TimePoint lastUsed;
    kj::Promise<void> untilEnded = kj::NEVER_DONE;
  };
  kj::Timer& timer;
  kj::Vector<Entry> entries;

  void removeAt(size_t index);
  void removeEnded();
  void makeRoom();
};

}  // namespace portreeve::gateway
