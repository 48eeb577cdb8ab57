// SPDX-License-Identifier: GPL-3.0-or-later
#include "api-gateway/session-store.h"

#include "common/constant-time.h"

#include <kj/debug.h>
#include <kj/encoding.h>
#include <sys/random.h>

namespace portreeve::gateway {
namespace {

constexpr size_t SECRET_BYTES = 32;
constexpr size_t MAX_COOKIES = 8;  // another port's server may have planted some of our name

kj::String newSecret() {
  kj::byte bytes[SECRET_BYTES];
  ssize_t got;
  KJ_SYSCALL(got = getrandom(bytes, sizeof bytes, 0));
  KJ_ASSERT(got == ssize_t(sizeof bytes));
  return kj::encodeHex(bytes);
}

kj::ArrayPtr<const char> trimmed(kj::ArrayPtr<const char> text) {
  while (text.size() > 0 && text.front() == ' ') text = text.slice(1, text.size());
  while (text.size() > 0 && text.back() == ' ') text = text.slice(0, text.size() - 1);
  return text;
}

kj::Maybe<kj::ArrayPtr<const char>> after(kj::StringPtr prefix, kj::ArrayPtr<const char> text) {
  if (text.size() < prefix.size() || text.slice(0, prefix.size()) != prefix.asArray())
    return nullptr;
  return text.slice(prefix.size(), text.size());
}

void collect(kj::ArrayPtr<const char> header, char separator, kj::StringPtr prefix,
             kj::Vector<kj::ArrayPtr<const char>>& out) {
  // What follows `prefix` in those of the pieces that begin with it.
  size_t start = 0;
  for (size_t at = 0; at <= header.size() && out.size() < MAX_COOKIES; at++) {
    if (at < header.size() && header[at] != separator) continue;
    auto piece = trimmed(header.slice(start, at));
    start = at + 1;
    KJ_IF_MAYBE (value, after(prefix, piece)) out.add(*value);
  }
}

}  // namespace

Credentials Credentials::of(kj::Maybe<kj::StringPtr> cookieHeader,
                            kj::Maybe<kj::StringPtr> authorizationHeader,
                            kj::Maybe<kj::StringPtr> webSocketProtocols) {
  Credentials credentials;
  KJ_IF_MAYBE (header, cookieHeader)
    collect(header->asArray(), ';', kj::str(SESSION_COOKIE, "="), credentials.cookies);
  KJ_IF_MAYBE (header, webSocketProtocols) {
    kj::Vector<kj::ArrayPtr<const char>> tokens;
    collect(header->asArray(), ',', "portreeve.bearer."_kj, tokens);
    if (!tokens.empty()) credentials.token = tokens[0];
  }
  KJ_IF_MAYBE (header, authorizationHeader) {
    KJ_IF_MAYBE (token, after("Bearer ", header->asArray())) credentials.token = trimmed(*token);
  }
  return credentials;
}

kj::StringPtr roleText(SessionRole role) {
  switch (role) {
    case SessionRole::ANSWER:
      return "answer"_kj;
    case SessionRole::CHANGE:
      return "change"_kj;
    default:
      return "observe"_kj;
  }
}

SessionRole roleOf(proto::SessionRole role) {
  return role == proto::SessionRole::CHANGE   ? SessionRole::CHANGE
         : role == proto::SessionRole::ANSWER ? SessionRole::ANSWER
                                              : SessionRole::OBSERVE;
}

bool Credentials::isForScript() const {
  return after("portreeve_"_kj, token) != nullptr;
}

kj::Own<Session> SessionStore::openByToken(Authority authority, kj::StringPtr token) {
  removeEnded();
  makeRoom();
  auto session = kj::refcounted<Session>(kj::mv(authority));
  entries.add(Entry{kj::addRef(*session), Keys{kj::str(), kj::str(token)}, timer.now()});
  return session;
}

SessionStore::Keys SessionStore::open(Authority authority) {
  removeEnded();
  makeRoom();
  auto cookie = newSecret();
  auto token = newSecret();
  Keys shown{kj::str(cookie), kj::str(token)};
  entries.add(Entry{kj::refcounted<Session>(kj::mv(authority)), Keys{kj::mv(cookie), kj::mv(token)},
                    timer.now()});
  return shown;
}

kj::Maybe<kj::Own<Session>> SessionStore::find(const Credentials& credentials) {
  removeEnded();
  Entry* found = nullptr;
  // Looks at all of them, so that time does not tell which one was nearly right.
  for (auto& entry : entries) {
    bool tokenIsRight = constantTimeEqual(entry.keys.token, credentials.token);
    if (tokenIsRight & (entry.keys.cookie.size() == 0)) found = &entry;
    for (auto& cookie : credentials.cookies)
      if (constantTimeEqual(entry.keys.cookie, cookie) & tokenIsRight) found = &entry;
  }
  if (found == nullptr) return nullptr;
  found->lastUsed = timer.now();
  return kj::addRef(*found->session);
}

void SessionStore::endWith(Session& session, kj::Promise<void> reason) {
  for (auto& entry : entries) {
    if (entry.session.get() != &session) continue;
    entry.untilEnded = reason
                           .then([&session]() { session.over = true; },
                                 [&session](kj::Exception&&) { session.over = true; })
                           .eagerlyEvaluate(nullptr);
    return;
  }
}

void SessionStore::keepAlive(Session& session) {
  for (auto& entry : entries)
    if (entry.session.get() == &session) entry.lastUsed = timer.now();
}

void SessionStore::end(Session& session) {
  for (size_t i = 0; i < entries.size(); i++)
    if (entries[i].session.get() == &session) return removeAt(i);
}

void SessionStore::endAll() {
  while (!entries.empty()) removeAt(entries.size() - 1);
}

void SessionStore::removeAt(size_t index) {
  entries[index].session->over = true;
  if (index + 1 < entries.size()) entries[index] = kj::mv(entries.back());
  entries.removeLast();
}

void SessionStore::removeEnded() {
  auto now = timer.now();
  for (size_t i = entries.size(); i > 0; i--)
    if (entries[i - 1].session->over || now - entries[i - 1].lastUsed >= SESSION_IDLE)
      removeAt(i - 1);
}

void SessionStore::makeRoom() {
  if (entries.size() < MAX_SESSIONS) return;
  size_t oldest = 0;
  for (size_t i = 1; i < entries.size(); i++)
    if (entries[i].lastUsed < entries[oldest].lastUsed) oldest = i;
  removeAt(oldest);
}

}  // namespace portreeve::gateway
