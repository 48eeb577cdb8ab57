// SPDX-License-Identifier: GPL-3.0-or-later
#include "policy/session-secrets.h"

#include <doctest/doctest.h>
#include <kj/debug.h>

namespace portreeve::policy {
namespace {

struct Fixture {
  uint64_t now = 1'000'000'000;
  SessionSecrets secrets{[this]() { return now; }};
};

TEST_CASE("a secret is 32 bytes in hexadecimal, and no two are the same") {
  Fixture f;
  auto one = f.secrets.mint(1000), other = f.secrets.mint(1000);
  CHECK(one.size() == 64);
  for (char c : one) CHECK(((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f')));
  CHECK(one != other);
}

TEST_CASE("a secret is good once, for the one it was made for") {
  Fixture f;
  auto alices = f.secrets.mint(1000), bobs = f.secrets.mint(1001);
  CHECK(KJ_ASSERT_NONNULL(f.secrets.redeem(bobs)).uid == 1001);
  CHECK(f.secrets.redeem(bobs) == nullptr);
  CHECK(KJ_ASSERT_NONNULL(f.secrets.redeem(alices)).uid == 1000);
  CHECK(f.secrets.open() == 0);
}

TEST_CASE("a secret is good for two minutes") {
  Fixture f;
  auto early = f.secrets.mint(1000), late = f.secrets.mint(1000);
  f.now += SessionSecrets::GOOD_FOR_NS - 1;
  CHECK(f.secrets.redeem(early) != nullptr);
  f.now += 1;
  CHECK(f.secrets.redeem(late) == nullptr);
  CHECK(f.secrets.open() == 0);
}

TEST_CASE("what is no secret is refused without using one up") {
  Fixture f;
  auto secret = f.secrets.mint(1000);
  CHECK(f.secrets.redeem("") == nullptr);
  CHECK(f.secrets.redeem(secret.slice(2)) == nullptr);
  CHECK(f.secrets.redeem(kj::str(secret, "00")) == nullptr);
  auto wrong = kj::str(secret);
  wrong[63] = wrong[63] == '0' ? '1' : '0';
  CHECK(f.secrets.redeem(wrong) == nullptr);
  wrong[63] = 'x';
  CHECK(f.secrets.redeem(wrong) == nullptr);
  CHECK(f.secrets.redeem(secret) != nullptr);
}

TEST_CASE("who makes many links pushes out their own alone") {
  Fixture f;
  auto others = f.secrets.mint(1001);
  auto first = f.secrets.mint(1000);
  for (size_t i = 0; i < SessionSecrets::MOST_OF_ONE; i++) f.secrets.mint(1000);
  CHECK(f.secrets.open() == SessionSecrets::MOST_OF_ONE + 1);
  CHECK(f.secrets.redeem(first) == nullptr);
  CHECK(f.secrets.redeem(others) != nullptr);
}

TEST_CASE("there is an end to how many are open at once") {
  Fixture f;
  for (size_t i = 0; i < SessionSecrets::MOST; i++) f.secrets.mint(uid_t(i));
  CHECK_THROWS_AS(f.secrets.mint(70000), kj::Exception);
  f.now += SessionSecrets::GOOD_FOR_NS;
  f.secrets.mint(70000);
  CHECK(f.secrets.open() == 1);
}

TEST_CASE("what a session may is told with whose it is") {
  Fixture f;
  auto looks = f.secrets.mint(1000), changes = f.secrets.mint(0, proto::SessionRole::CHANGE);
  CHECK(KJ_ASSERT_NONNULL(f.secrets.redeem(looks)).role == proto::SessionRole::OBSERVE);
  CHECK(KJ_ASSERT_NONNULL(f.secrets.redeem(changes)).role == proto::SessionRole::CHANGE);
}

}  // namespace
}  // namespace portreeve::policy
