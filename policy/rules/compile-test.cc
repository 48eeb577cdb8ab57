// SPDX-License-Identifier: GPL-3.0-or-later
#include "policy/rules/test-facts.h"

#include <doctest/doctest.h>

namespace portreeve::rules {
namespace {

TEST_CASE(
    "built-in rules come first, then the administrator's files, then the suite's own, then the "
    "default") {
  RuleSource sources[] = {
      source(ruleText("own", "block", ""), Layer::SUITE, "own.toml"),
      source(ruleText("ten", "allow", "port = 443"), Layer::ADMINISTRATOR, "10.toml"),
      source(ruleText("twenty", "drop", "port = 443"), Layer::ADMINISTRATOR, "20.toml")};
  auto set = loadRules(sources, testOptions());
  kj::Vector<kj::StringPtr> names;
  Layer last = Layer::BUILT_IN;
  for (auto& one : set->rules()) {
    CHECK(one.layer >= last);
    last = one.layer;
    if (one.layer != Layer::BUILT_IN) names.add(one.name);
  }
  CHECK(kj::strArray(names, " ") == "ten twenty own loopback default");
  CHECK(set->decide(curlToExample(), NOW).rule->name == "ten");
}

TEST_CASE("one bad file among good ones gives no set, and all its problems") {
  RuleSource sources[] = {source(ruleText("good", "allow", "")),
                          source("[[rule]]\nport = 0\n", Layer::SUITE, "bad.toml")};
  auto loaded = RuleSet::load(sources, testOptions());
  CHECK(loaded.set == nullptr);
  REQUIRE(loaded.problems.size() == 3);
  for (auto& problem : loaded.problems) CHECK(problem.file == "bad.toml");
}

TEST_CASE("a rule names ways that the settings have, and the nearest one is suggested") {
  auto options = testOptions();
  kj::String known[] = {kj::str("tor"), kj::str("office")};
  options.ways = kj::ArrayPtr<const kj::String>(known);
  auto problemOf = [&](kj::StringPtr text) {
    RuleSource sources[] = {source(text)};
    auto loaded = RuleSet::load(sources, options);
    return loaded.problems.empty() ? kj::str("none") : loaded.problems[0].toString();
  };
  CHECK(problemOf(ruleText("a", "gate17", "way = [\"office\", \"tor\"]")) == "none");
  CHECK(problemOf("[[rule]]\nname = \"a\"\naction = \"gate17\"\nway = \"ofice\"") ==
        "test.toml:4:7: unknown way \"ofice\"; did you mean \"office\"?");
  CHECK(problemOf("[[rule]]\nname = \"a\"\naction = \"allow\"\nway = \"tor\"") ==
        "test.toml:4:7: way goes with action = \"gate17\" alone");
}

}  // namespace
}  // namespace portreeve::rules
