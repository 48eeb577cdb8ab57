// SPDX-License-Identifier: GPL-3.0-or-later
#include "api-gateway/login-attempts.h"

#include <doctest/doctest.h>
#include <kj/debug.h>

namespace portreeve::gateway {
namespace {

struct Attempted {
  LoginAttempts attempts;
  kj::TimePoint now = kj::origin<kj::TimePoint>() + 1 * kj::HOURS;

  void fail(uint times, uid_t uid = 1000) {
    for (uint i = 0; i < times; i++) attempts.failed(uid, now);
  }
};

TEST_CASE("the first failures cost nothing, each further one twice the time of the one before") {
  Attempted one;
  one.fail(LoginAttempts::FREE);
  CHECK(one.attempts.wait(1000, one.now) == nullptr);
  one.fail(1);
  CHECK(KJ_ASSERT_NONNULL(one.attempts.wait(1000, one.now)) == LoginAttempts::FIRST);
  one.fail(1);
  CHECK(KJ_ASSERT_NONNULL(one.attempts.wait(1000, one.now)) == LoginAttempts::FIRST * 2);
  one.fail(50);
  CHECK(KJ_ASSERT_NONNULL(one.attempts.wait(1000, one.now)) == LoginAttempts::LONGEST);
  one.now += LoginAttempts::LONGEST;
  CHECK(one.attempts.wait(1000, one.now) == nullptr);
}

TEST_CASE("nobody waits for another user's failures") {
  Attempted one;
  one.fail(20);
  CHECK(one.attempts.wait(1000, one.now) != nullptr);
  CHECK(one.attempts.wait(1001, one.now) == nullptr);
}

TEST_CASE("a good link, or some minutes, make up for all failures") {
  Attempted one;
  one.fail(20);
  one.attempts.succeeded(1000);
  CHECK(one.attempts.wait(1000, one.now) == nullptr);
  one.fail(20);
  one.now += LoginAttempts::FORGOTTEN;
  one.fail(1);
  CHECK(one.attempts.wait(1000, one.now) == nullptr);
}

TEST_CASE("users remembered are bounded: the one that failed longest ago goes") {
  Attempted one;
  for (uid_t uid = 0; uid <= LoginAttempts::MOST; uid++) {
    one.fail(LoginAttempts::FREE + 1, uid);
    one.now += 1 * kj::NANOSECONDS;
  }
  CHECK(one.attempts.wait(0, one.now) == nullptr);
  CHECK(one.attempts.wait(LoginAttempts::MOST, one.now) != nullptr);
}

}  // namespace
}  // namespace portreeve::gateway
