// SPDX-License-Identifier: GPL-3.0-or-later
#include "api-gateway/session-store.h"

#include <doctest/doctest.h>
#include <kj/async.h>
#include <kj/debug.h>

namespace portreeve::gateway {
namespace {

class NobodysObserver final : public proto::Observer::Server {};

struct Stored {
  kj::EventLoop loop;
  kj::WaitScope scope{loop};
  kj::TimerImpl timer{kj::origin<kj::TimePoint>()};
  SessionStore store{timer};

  SessionStore::Keys open(uid_t uid = 1000) {
    return store.open({uid, SessionRole::OBSERVE, kj::heap<NobodysObserver>(), nullptr, nullptr,
                       nullptr, nullptr});
  }
  void pass(kj::Duration time) { timer.advanceTo(timer.now() + time); }
  kj::Maybe<kj::Own<Session>> find(kj::StringPtr cookie, kj::StringPtr token) {
    auto cookieHeader = kj::str("portreeve_session=", cookie);
    auto authorization = kj::str("Bearer ", token);
    return store.find(Credentials::of(cookieHeader.asPtr(), authorization.asPtr()));
  }
  bool good(const SessionStore::Keys& keys) { return find(keys.cookie, keys.token) != nullptr; }
};

TEST_CASE("a session is found by its cookie and its token together, and by nothing less") {
  Stored stored;
  auto keys = stored.open(1000);
  auto others = stored.open(1001);
  CHECK(KJ_ASSERT_NONNULL(stored.find(keys.cookie, keys.token))->uid == 1000);
  CHECK(stored.find(keys.cookie, others.token) == nullptr);
  CHECK(stored.find(keys.cookie, "") == nullptr);
  CHECK(stored.find("", keys.token) == nullptr);
  CHECK(stored.store.find(Credentials::of(nullptr, nullptr)) == nullptr);
}

TEST_CASE("secrets are 64 hexadecimal digits and never the same") {
  Stored stored;
  auto first = stored.open();
  auto second = stored.open();
  for (auto secret : {first.cookie.asPtr(), first.token.asPtr(), second.cookie.asPtr()})
    CHECK(secret.size() == 64);
  CHECK(first.cookie != first.token);
  CHECK(first.cookie != second.cookie);
}

TEST_CASE("a session ends after twelve hours without use, not before") {
  Stored stored;
  auto used = stored.open();
  auto idle = stored.open();
  stored.pass(11 * kj::HOURS);
  CHECK(stored.good(used));
  stored.pass(1 * kj::HOURS);
  CHECK_FALSE(stored.good(idle));
  CHECK(stored.good(used));
  stored.pass(12 * kj::HOURS);
  CHECK_FALSE(stored.good(used));
  CHECK(stored.store.size() == 0);
}

TEST_CASE("the sixty-fifth session ends the one that was used longest ago") {
  Stored stored;
  auto first = stored.open();
  stored.pass(1 * kj::SECONDS);
  auto second = stored.open();
  while (stored.store.size() < MAX_SESSIONS) stored.open();
  stored.pass(1 * kj::SECONDS);
  CHECK(stored.good(first));  // used just now
  stored.open();
  CHECK(stored.store.size() == MAX_SESSIONS);
  CHECK(stored.good(first));
  CHECK_FALSE(stored.good(second));
}

TEST_CASE("who holds an ended session learns of it") {
  Stored stored;
  auto keys = stored.open();
  auto session = KJ_ASSERT_NONNULL(stored.find(keys.cookie, keys.token));
  CHECK_FALSE(session->ended());
  stored.store.end(*session);
  CHECK(session->ended());
  CHECK_FALSE(stored.good(keys));
}

TEST_CASE("cookies that another port's server planted under our name do not hide ours") {
  auto credentials = Credentials::of(
      "theme=dark; portreeve_session=planted;portreeve_session=ours; portreeve_session2=x"_kj,
      "Bearer  token "_kj);
  REQUIRE(credentials.cookies.size() == 2);
  CHECK(kj::heapString(credentials.cookies[1]) == "ours");
  CHECK(kj::heapString(credentials.token) == "token");
  CHECK(Credentials::of(nullptr, "Basic token"_kj).token.size() == 0);
}

}  // namespace
}  // namespace portreeve::gateway
