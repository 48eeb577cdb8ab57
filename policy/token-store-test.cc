// SPDX-License-Identifier: GPL-3.0-or-later
#include "policy/token-store.h"

#include "policy/test-folders.h"
#include "policy/token-holder.h"

#include <doctest/doctest.h>

namespace portreeve::policy {
namespace {

using proto::SessionRole;
constexpr uint64_t SECOND = 1'000'000'000;

struct Kept {
  TestFolder folder;
  TestLoop loop;
  DiskSync disk{loop.port};
  DurableFolder state{folder.path(), disk};
  uint64_t now = 1'700'000'000 * SECOND;
  kj::Own<TokenStore> tokens = reopened();

  kj::Own<TokenStore> reopened() {
    auto store = kj::heap<TokenStore>(state, [this]() { return now; });
    store->read();
    return store;
  }
  TokenStore::Created create(kj::StringPtr name = "prometheus", uid_t uid = 1000,
                             uint32_t seconds = 3600) {
    return loop.finish(
        tokens->create({kj::str(name), uid, SessionRole::OBSERVE, seconds, kj::str("root")}));
  }
  bool good(kj::StringPtr text) { return tokens->open(text) != nullptr; }
};

TEST_CASE("a token is told once and kept as a hash alone, in a file for policy's eyes") {
  Kept kept;
  auto made = kept.create();
  CHECK(made.text.startsWith("portreeve_"));
  CHECK(made.text.size() == 10 + 64);
  CHECK(kept.good(made.text));
  auto file = kept.folder.read("tokens.toml");
  CHECK(contains(file, "name = \"prometheus\""));
  CHECK_FALSE(contains(file, made.text.slice(10)));
}

TEST_CASE("tokens survive a restart, revoked ones do not, numbers are never given again") {
  Kept kept;
  auto first = kept.create("a"), second = kept.create("b");
  kept.loop.finish(kept.tokens->revoke(second.id));
  kept.tokens = kept.reopened();
  CHECK(kept.good(first.text));
  CHECK_FALSE(kept.good(second.text));
  CHECK(kept.create("c").id == second.id + 1);
}

TEST_CASE("what is no token is not good") {
  Kept kept;
  auto made = kept.create();
  auto wrong = kj::str(made.text);
  wrong[70] = wrong[70] == '0' ? '1' : '0';
  for (kj::StringPtr text : {kj::StringPtr(wrong), ""_kj, "portreeve_"_kj, made.text.slice(10)})
    CHECK_FALSE(kept.good(text));
}

TEST_CASE("a token ends when it expires and when it is revoked, and whoever waits is told") {
  Kept kept;
  auto brief = kept.create("brief", 1000, 60), lasting = kept.create("lasting");
  auto briefEnds = kept.tokens->whenEnded(brief.id),
       lastingEnds = kept.tokens->whenEnded(lasting.id);
  kept.now += 60 * SECOND;
  kept.tokens->endExpired();
  CHECK(briefEnds.poll(kept.loop.scope));
  CHECK_FALSE(kept.good(brief.text));
  CHECK_FALSE(lastingEnds.poll(kept.loop.scope));
  kept.loop.finish(kept.tokens->revoke(lasting.id));
  CHECK(lastingEnds.poll(kept.loop.scope));
  CHECK(kept.tokens->whenEnded(4711).poll(kept.loop.scope));
}

TEST_CASE("names, lifetimes and numbers of tokens are bounded") {
  Kept kept;
  kept.create("a");
  CHECK(contains(failureOf([&]() { kept.create("a"); }), "has a token \"a\" already"));
  kept.create("a", 1001);
  CHECK(failureOf([&]() { kept.create(""); }).size() > 0);
  CHECK(failureOf([&]() { kept.create("a\nb"); }).size() > 0);
  CHECK(failureOf([&]() { kept.create("b", 1000, 59); }).size() > 0);
  CHECK(failureOf([&]() { kept.create("b", 1000, 367 * 24 * 3600); }).size() > 0);
  for (size_t i = 1; i < TokenStore::MOST_OF_ONE; i++) kept.create(kj::str("n", i));
  CHECK(contains(failureOf([&]() { kept.create("one more"); }), "too many tokens"));
}

TEST_CASE("a file that is not as it was written makes no token good") {
  Kept kept;
  auto made = kept.create();
  kept.folder.write("tokens.toml", "[[token]]\nid = 1\n");
  kept.tokens = kept.reopened();
  CHECK_FALSE(kept.good(made.text));
  CHECK(kept.folder.read("tokens.toml.damaged") == "[[token]]\nid = 1\n");
}

struct Held : Kept {
  UserNames users;
  Held() {
    users.users.add(UserNames::Entry{kj::str("alice"), 1000, 1000});
    users.users.add(UserNames::Entry{kj::str("bob"), 1001, 1001});
  }
  proto::Tokens::Client of(uid_t uid, SessionRole most, bool mayChange = true) {
    return makeTokens(*tokens, users, {uid, most, mayChange});
  }
  kj::String refusal(proto::Tokens::Client held, kj::StringPtr role, kj::StringPtr user = "") {
    auto request = held.createRequest();
    auto wanted = request.initWanted();
    wanted.setName(kj::str(role, user));
    wanted.setRole(role);
    wanted.setUser(user);
    wanted.setLifetimeSeconds(3600);
    return failureOf([&]() { loop.finish(request.send().ignoreResult()); });
  }
  unsigned seen(proto::Tokens::Client held) {
    return held.listRequest().send().wait(loop.scope).getTokens().size();
  }
};

TEST_CASE("nobody gives a role that he does not have, nor a token for another user") {
  Held held;
  auto alices = held.of(1000, SessionRole::ANSWER);
  CHECK(held.refusal(alices, "observe") == "");
  CHECK(held.refusal(alices, "answer") == "");
  CHECK(contains(held.refusal(alices, "change"), "not entitled"));
  CHECK(contains(held.refusal(alices, "observe", "bob"), "not entitled"));
  CHECK(contains(held.refusal(alices, "everything"), "observe, answer or change"));
  CHECK(held.refusal(held.of(0, SessionRole::CHANGE), "change", "bob") == "");
  CHECK(
      contains(held.refusal(held.of(0, SessionRole::CHANGE), "observe", "nobody-here"), "no user"));
  CHECK(contains(held.refusal(held.of(1000, SessionRole::OBSERVE, false), "observe", ""),
                 "not entitled"));
}

TEST_CASE("everybody sees and revokes his own tokens, root all") {
  Held held;
  held.create("a", 1000);
  auto bobs = held.create("b", 1001);
  CHECK(held.seen(held.of(1000, SessionRole::ANSWER)) == 1);
  CHECK(held.seen(held.of(0, SessionRole::CHANGE)) == 2);
  auto request = held.of(1000, SessionRole::ANSWER).revokeRequest();
  request.setId(bobs.id);
  CHECK(contains(failureOf([&]() { request.send().ignoreResult().wait(held.loop.scope); }),
                 "no token 2 of yours"));
  CHECK(held.good(bobs.text));
  auto roots = held.of(0, SessionRole::CHANGE).revokeRequest();
  roots.setId(bobs.id);
  roots.send().ignoreResult().wait(held.loop.scope);
  CHECK_FALSE(held.good(bobs.text));
}

}  // namespace
}  // namespace portreeve::policy
