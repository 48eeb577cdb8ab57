// SPDX-License-Identifier: GPL-3.0-or-later
#include "policy/change-quota.h"
#include "policy/test-store.h"

#include <doctest/doctest.h>

namespace portreeve::policy {
namespace {

struct TwoUsers : TestStore {
  static constexpr uint32_t ALICE = 1000, BOB = 1001;

  kj::String addOwn(uint32_t uid, kj::StringPtr toml) {
    auto added = loop.finish(store->add(toml, 0 * kj::SECONDS, "a user", KeptBy{uid}));
    return kj::mv(added.rule);
  }
  kj::String refusal(uint32_t uid, kj::StringPtr toml) {
    return failureOf([&]() { addOwn(uid, toml); });
  }
  kj::StringPtr decidedFor(uint32_t uid) {
    auto facts = rules::curlToExample();
    facts.process.uid = uid;
    return store->inForce().decide(facts, now).rule->name;
  }
};

TEST_CASE("a user's rules are kept apart, in files that bear his number") {
  TwoUsers t;
  t.folder.write("etc/rules.d/10.toml", ruleText("all", "allow"));
  t.start();
  t.addOwn(t.ALICE, ruleText("quiet", "drop", "port = 443"));
  t.addOwn(t.BOB, ruleText("quiet", "block", "port = 22"));
  CHECK(t.folder.has("state/policy/users.d/1000-0010-quiet.toml"));
  CHECK(t.folder.has("state/policy/users.d/1001-0010-quiet.toml"));
  CHECK(t.decidedFor(t.ALICE) == "quiet");
  CHECK(t.decidedFor(t.BOB) == "all");
  t.start();
  CHECK(t.decidedFor(t.ALICE) == "quiet");
  t.loop.finish(t.store->remove("quiet", 0 * kj::SECONDS, "alice", KeptBy{t.ALICE}));
  CHECK(t.decidedFor(t.ALICE) == "all");
  CHECK(t.folder.has("state/policy/users.d/1001-0010-quiet.toml"));
  CHECK(contains(failureOf([&]() { t.remove("quiet"); }), "no rule is named"));
}

TEST_CASE("a user may keep so many rules, and change them so often an hour") {
  TwoUsers t;
  t.start();
  kj::Vector<kj::String> many;
  for (int i = 0; i < 201; i++) many.add(ruleText(kj::str("r", i), "block"));
  CHECK(contains(t.refusal(t.ALICE, kj::strArray(many, "")), "at most 200"));
  for (size_t i = 0; i + 1 < ChangeQuota::MOST_AN_HOUR; i++)
    t.addOwn(t.ALICE, ruleText(kj::str("n", i), "block"));
  CHECK(contains(t.refusal(t.ALICE, ruleText("one more", "block")), "within an hour"));
  t.addOwn(t.BOB, ruleText("mine", "block"));
  t.sinceBoot += ChangeQuota::HOUR_NS;
  t.addOwn(t.ALICE, ruleText("one more", "block"));
}

TEST_CASE("a user is told what is wrong with his rule, and nothing of others' files") {
  TwoUsers t;
  t.start();
  CHECK(contains(t.refusal(t.ALICE, ruleText("x", "block", "port = \"@web\"")), "web"));
  t.folder.write("etc/rules.d/10.toml", ruleText("secret name", "alow"));
  auto said = t.refusal(t.ALICE, ruleText("x", "block"));
  CHECK(contains(said, "administrator's is not good"));
  CHECK_FALSE(contains(said, "secret"));
  CHECK(contains(failureOf([&]() {
                   t.loop.finish(t.store->add(ruleText("x", "block"), 9 * kj::SECONDS, "alice",
                                              KeptBy{t.ALICE}));
                 }),
                 "nothing of them is to be confirmed"));
}

TEST_CASE("undo without a number leaves what users did for themselves alone") {
  TwoUsers t;
  t.start();
  t.add(ruleText("ours"));
  t.addOwn(t.ALICE, ruleText("hers", "block"));
  auto undone = t.loop.finish(t.store->undo(0, 0 * kj::SECONDS));
  CHECK(contains(undone.what, "\"ours\""));
  CHECK(t.decidedFor(t.ALICE) == "default");
  uint32_t hers = 0;
  for (auto& change : t.store->changes().all())
    if (contains(change.what, "\"hers\" was added")) hers = change.number;
  t.loop.finish(t.store->undo(hers, 0 * kj::SECONDS));
  CHECK_FALSE(t.folder.has("state/policy/users.d/1000-0010-hers.toml"));
}

}  // namespace
}  // namespace portreeve::policy
