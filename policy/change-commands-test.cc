// SPDX-License-Identifier: GPL-3.0-or-later
#include "policy/test-store.h"

#include <doctest/doctest.h>

namespace portreeve::policy {
namespace {

TEST_CASE("an added rule is in force and stands in a file of its own") {
  TestStore t;
  t.start();
  t.affects = 3;
  auto added = t.add(ruleText("By hand"));
  CHECK(added.affected == 3);
  CHECK(added.rule == "By hand");
  CHECK(t.has("By hand"));
  CHECK(t.folder.read("state/policy/rules.d/0010-by-hand.toml") == ruleText("By hand"));
  t.add(ruleText("another"));
  CHECK(t.folder.has("state/policy/rules.d/0020-another.toml"));
  CHECK(t.ownFiles().size() == 2);
}

TEST_CASE("a rule that is bad, nameless or there already is refused and changes nothing") {
  TestStore t;
  t.folder.write("etc/rules.d/10.toml", ruleText("taken"));
  t.start();
  auto refused = [&](kj::StringPtr toml) { return failureOf([&]() { t.add(toml); }); };
  CHECK(contains(refused(ruleText("x", "alow")), "rule:3:10: "));
  CHECK(contains(refused("# nothing\n"), "no [[rule]]"));
  CHECK(contains(refused(ruleText("taken")), "/10.toml:1"));
  CHECK(contains(refused(ruleText("loopback")), "already"));
  CHECK(contains(refused(kj::str(ruleText("a"), ruleText("a"))), "already"));
  CHECK(t.ownFiles().empty());
  CHECK(t.applied == 0);
}

TEST_CASE("nothing is added while another file is bad, and that is said with its place") {
  TestStore t;
  t.start();
  t.folder.write("etc/rules.d/10.toml", "nonsense");
  CHECK(contains(failureOf([&]() { t.add(ruleText("good")); }), "/10.toml:1:"));
  CHECK(t.ownFiles().empty());
}

TEST_CASE("a removed rule is gone with its file, others stay") {
  TestStore t;
  t.start();
  t.add(kj::str(ruleText("one"), ruleText("two")));
  t.affects = 1;
  CHECK(t.remove("one") == 1);
  CHECK_FALSE(t.has("one"));
  CHECK(t.has("two"));
  t.remove("two");
  CHECK_FALSE(t.has("two"));
  CHECK(t.ownFiles().empty());
}

TEST_CASE("removing one rule does not lengthen the life of its neighbour") {
  TestStore t;
  t.start();
  t.add(kj::str(ruleText("one"), ruleText("two", "allow", "for = \"60s\"")));
  uint64_t before = t.rule("two").expiresNs;
  t.pass(30 * kj::SECONDS);
  t.remove("one");
  CHECK(t.rule("two").expiresNs == before);
}

TEST_CASE("a rule of others is named with its place and left alone") {
  TestStore t;
  t.folder.write("etc/rules.d/10.toml", ruleText("theirs"));
  t.start();
  auto refused = [&](kj::StringPtr name) { return failureOf([&]() { t.remove(name); }); };
  CHECK(contains(refused("theirs"), "/10.toml:1"));
  CHECK(contains(refused("loopback"), "builtin_off"));
  CHECK(contains(refused("default"), "policy.default"));
  CHECK(contains(refused("nobody's"), "no rule is named"));
  t.add(ruleText("by hand"));
  CHECK(contains(refused("by hnad"), "did you mean \"by hand\"?"));
  CHECK(t.has("theirs"));
}

TEST_CASE("a rule that has ended gives its name to a new one") {
  TestStore t;
  t.start();
  t.add(ruleText("for a while", "allow", "for = \"10s\""));
  CHECK(contains(failureOf([&]() { t.add(ruleText("for a while")); }), "already"));
  t.pass(20 * kj::SECONDS);
  t.add(ruleText("for a while", "block"));
  CHECK(t.ownFiles().size() == 1);
  CHECK(t.rule("for a while").action == rules::Action::BLOCK);
}

}  // namespace
}  // namespace portreeve::policy
