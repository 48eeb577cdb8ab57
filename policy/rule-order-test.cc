// SPDX-License-Identifier: GPL-3.0-or-later
// Changing a rule of the suite's own at its place, and moving it to another.
#include "policy/test-store.h"

#include <doctest/doctest.h>

namespace portreeve::policy {
namespace {

struct ThreeRules : TestStore {
  ThreeRules() {
    start();
    for (auto name : {"one", "two", "three"}) add(ruleText(name));
  }
};

TEST_CASE("a rule is moved before any other, and behind all") {
  ThreeRules t;
  t.move("three", "one");
  CHECK(t.order() == "three one two");
  t.move("three", "two");
  CHECK(t.order() == "one three two");
  t.move("one", "");
  CHECK(t.order() == "three two one");
  CHECK(t.ownFiles().size() == 3);
}

TEST_CASE("a rule can be moved to and fro until no number is free, and longer") {
  ThreeRules t;
  for (int i = 0; i < 12; i++) {
    t.move("three", "two");
    CHECK(t.order() == "one three two");
    t.move("two", "three");
    CHECK(t.order() == "one two three");
  }
  CHECK(t.ownFiles().size() == 3);
}

TEST_CASE("a file with several rules is parted where another comes between") {
  TestStore t;
  t.folder.write("state/policy/rules.d/0010-many.toml",
                 kj::str("[sets]\nweb = [80, 443]\n\n", ruleText("a", "allow", "port = \"@web\""),
                         ruleText("b"), ruleText("c")));
  t.start();
  t.add(ruleText("new"));
  t.move("new", "c");
  CHECK(t.order() == "a b new c");
  t.move("a", "c");
  CHECK(t.order() == "b new a c");
  t.move("c", "b");
  CHECK(t.order() == "c b new a");
}

TEST_CASE("a rule that ends ends when it would have, wherever it is moved") {
  ThreeRules t;
  t.add(ruleText("short", "allow", "for = \"1h\""));
  auto endsAt = t.rule("short").expiresNs;
  t.pass(600 * kj::SECONDS);
  t.move("short", "one");
  CHECK(t.order() == "short one two three");
  CHECK(t.rule("short").expiresNs == endsAt);
}

TEST_CASE("a rule is changed at its place, also to another name") {
  ThreeRules t;
  CHECK(t.replace("two", ruleText("second", "block")) == "second");
  CHECK(t.order() == "one second three");
  CHECK(t.ownFiles().size() == 3);
}

TEST_CASE("a change that is wrong says so and changes nothing") {
  ThreeRules t;
  CHECK(contains(failureOf([&]() { t.replace("two", ruleText("two", "alow")); }), "rule:3:10: "));
  CHECK(contains(failureOf([&]() { t.replace("two", kj::str(ruleText("a"), ruleText("b"))); }),
                 "one [[rule]]"));
  CHECK(contains(failureOf([&]() { t.replace("two", ruleText("three")); }), "is there already"));
  CHECK(contains(failureOf([&]() { t.move("two", "two"); }), "before itself"));
  CHECK(contains(failureOf([&]() { t.move("two", "nobody"); }), "no rule is named"));
  CHECK(t.order() == "one two three");
}

TEST_CASE("a move is in the change log, and taken back from there") {
  ThreeRules t;
  t.move("three", "one");
  t.loop.finish(t.store->undo(0, 0 * kj::SECONDS));
  CHECK(t.order() == "one two three");
}

}  // namespace
}  // namespace portreeve::policy
