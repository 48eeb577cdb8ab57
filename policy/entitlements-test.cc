// SPDX-License-Identifier: GPL-3.0-or-later
#include "policy/entitlements.h"
#include "policy/test-folders.h"

#include <doctest/doctest.h>

namespace portreeve::policy {
namespace {

constexpr Method METHODS[] = {
    Method::ATTRIBUTED, Method::NAMES,  Method::OBSERVE, Method::EDIT,     Method::MINT_SESSION,
    Method::REDEEM,     Method::RECORD, Method::GATE,    Method::TOKENS,   Method::OPEN_TOKEN,
    Method::PROMPTS,    Method::STATUS, Method::MODES,   Method::OWN_RULES};

kj::String may(const Standing& who) {
  kj::Vector<char> letters;
  for (size_t i = 0; i < kj::size(METHODS); i++)
    if (mayCall(who, METHODS[i])) letters.add("ANOEMRHGTKPSCW"[i]);
  return kj::heapString(letters.begin(), letters.size());
}

Entitlement peer(uid_t uid, const Accounts& accounts) {
  Peer who;
  who.pid = 4711;
  who.uid = uid;
  return Entitlement(kj::mv(who), accounts);
}

TEST_CASE("each process of the suite may call what is made for it, and nothing else") {
  auto accounts = Accounts::read();
  auto mayAs = [&](Role role) { return may(standingOf(peer(accounts.of(role).uid, accounts))); };
  CHECK(mayAs(Role::ATTRIBUTOR) == "AS");
  CHECK(mayAs(Role::RESOLVER) == "NS");
  CHECK(mayAs(Role::GATEWAY) == "RKS");
  CHECK(mayAs(Role::HISTORIAN) == "HS");
  CHECK(mayAs(Role::GATE) == "GS");
  CHECK(mayAs(Role::INTERCEPTOR) == "S");
  CHECK(mayAs(Role::READER) == "S");
  CHECK(mayAs(Role::POLICY) == "S");
}

TEST_CASE("root sees and changes, and is nobody of the suite") {
  auto accounts = Accounts::read();
  CHECK(may(standingOf(peer(0, accounts))) == "OEMTPSCW");
}

TEST_CASE("a stranger may nothing") {
  auto accounts = Accounts::read();
  CHECK(may(standingOf(peer(65534, accounts))) == "");
}

TEST_CASE("a person who is in no group may answer for his own processes alone") {
  auto accounts = Accounts::read();
  CHECK(may(standingOf(peer(1000, accounts))) == "PW");
  CHECK(may(standingOf(peer(33, accounts))) == "");
}

TEST_CASE("an observer sees, an administrator sees and changes") {
  Standing observer, admin;
  observer.observer = true;
  admin.admin = admin.observer = true;
  CHECK(may(observer) == "OMTPSW");
  CHECK(may(admin) == "OEMTPSCW");
  admin.role = Role::GATEWAY;
  CHECK(may(admin) == "RKS");
}

TEST_CASE("a refusal says for whom it is") {
  auto accounts = Accounts::read();
  auto words = failureOf([&]() { requireMay(peer(65534, accounts), Method::EDIT); });
  CHECK(words ==
        "not entitled: `edit` is for root and the group portreeve-admin, not for uid "
        "65534, pid 4711");
  words = failureOf([&]() { requireMay(peer(0, accounts), Method::REDEEM); });
  CHECK(words ==
        "not entitled: `redeem` is for the suite's gateway alone, not for uid 0, pid 4711");
}

}  // namespace
}  // namespace portreeve::policy
