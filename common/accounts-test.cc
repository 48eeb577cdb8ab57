// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/accounts.h"
#include "common/peer.h"

#include <doctest/doctest.h>
#include <kj/debug.h>

namespace portreeve {
namespace {

Peer peer(uid_t uid) {
  Peer result;
  result.uid = uid;
  return result;
}

TEST_CASE("every daemon has a uid of its own, and only the keeper is root") {
  auto accounts = Accounts::read();
  for (Role one : ROLES) {
    CHECK((accounts.of(one).uid == 0) == (one == Role::KEEPER));
    for (Role other : ROLES)
      if (one != other) CHECK(accounts.of(one).uid != accounts.of(other).uid);
  }
}

TEST_CASE("user names are resolved to numbers, and numbers are taken as they are") {
  auto users = UserNames::read();
  CHECK(KJ_ASSERT_NONNULL(users.uidOf("root")) == 0);
  CHECK(KJ_ASSERT_NONNULL(users.uidOf("4711")) == 4711);
  CHECK(users.uidOf("no-such-user-here") == nullptr);
  CHECK(users.uidOf("") == nullptr);
  CHECK(users.uidOf("4294967295") == nullptr);
  CHECK(users.nameOf(0) == "root");
  CHECK(users.nameOf(4000000000) == "4000000000");
}

TEST_CASE(
    "a stranger may nothing, a daemon may see, and only root or an administrator may change") {
  auto accounts = Accounts::read();
  Entitlement stranger(peer(54321), accounts);
  CHECK_FALSE(stranger.mayObserve());
  CHECK_THROWS_AS(stranger.requireObserve(), kj::Exception);
  Entitlement gateway(peer(accounts.of(Role::GATEWAY).uid), accounts);
  CHECK(gateway.mayObserve());
  CHECK_FALSE(gateway.mayChange());
  CHECK_NOTHROW(gateway.require(Role::GATEWAY));
  CHECK_THROWS_AS(gateway.require(Role::POLICY), kj::Exception);
  Entitlement root(peer(0), accounts);
  CHECK(root.mayChange());
  CHECK_NOTHROW(root.require(Role::POLICY));
}

}  // namespace
}  // namespace portreeve
