// SPDX-License-Identifier: GPL-3.0-or-later
#include "policy/rules/check.h"
#include "policy/rules/parse.h"
#include "policy/rules/test-facts.h"

#include <doctest/doctest.h>

namespace portreeve::rules {
namespace {

struct TwoProfiles {
  kj::Vector<Profile> profiles;

  TwoProfiles() {
    add("home", DefaultAction::ALLOW);
    add("cafe", DefaultAction::DROP);
    add("work", nullptr);
  }

  void add(kj::StringPtr name, kj::Maybe<DefaultAction> defaultAction) {
    Profile profile;
    profile.name = kj::str(name);
    profile.defaultAction = defaultAction;
    profiles.add(kj::mv(profile));
  }

  RuleOptions options() const {
    auto options = testOptions();
    options.defaultAction = DefaultAction::BLOCK;
    options.profiles = profiles.asPtr();
    return options;
  }

  RuleSet::Loaded load(kj::StringPtr text) const {
    RuleSource sources[] = {source(text)};
    return RuleSet::load(sources, options());
  }

  kj::Own<RuleSet> good(kj::StringPtr text) const {
    RuleSource sources[] = {source(text)};
    return loadRules(sources, options());
  }

  kj::String error(kj::StringPtr text) const {
    auto loaded = load(text);
    return loaded.problems.empty() ? kj::str("no error") : loaded.problems[0].toString();
  }
};

kj::StringPtr decided(const RuleSet& set, kj::StringPtr profile,
                      kj::ArrayPtr<const kj::StringPtr> networks = nullptr) {
  auto facts = curlToExample();
  Circumstances circumstances{profile, networks};
  facts.circumstances = &circumstances;
  return set.decide(facts, NOW).rule->name;
}

TEST_CASE("a rule with a profile matches while that is in force, and no longer") {
  TwoProfiles world;
  auto set = world.good(
      "[[rule]]\nname = \"at home\"\naction = \"allow\"\nprofile = \"home\"\n"
      "[[rule]]\nname = \"nowhere\"\naction = \"drop\"\nprofile = \"none\"\n");
  CHECK(decided(*set, "home") == "at home");
  CHECK(decided(*set, "work") == "default");
  CHECK(decided(*set, "") == "nowhere");
  // The set's own circumstances, where the facts have none.
  CHECK(set->decide(curlToExample(), NOW).rule->name == "nowhere");
  set->setCircumstances(Circumstances{"home", nullptr});
  CHECK(set->decide(curlToExample(), NOW).rule->name == "at home");
}

TEST_CASE("a rule with a network matches on that network, whatever profile was chosen") {
  TwoProfiles world;
  auto set = world.good(
      "[[rule]]\nname = \"printer\"\naction = \"allow\"\nnetwork = [\"home\", \"work\"]\n"
      "[[rule]]\nname = \"strange\"\naction = \"drop\"\nnetwork = \"none\"\n");
  constexpr kj::StringPtr HOME[] = {"cafe"_kj, "home"_kj};
  constexpr kj::StringPtr CAFE[] = {"cafe"_kj};
  CHECK(decided(*set, "cafe", HOME) == "printer");
  CHECK(decided(*set, "work", CAFE) == "default");
  CHECK(decided(*set, "work") == "strange");
}

TEST_CASE("the default of the profile in force decides before that of [policy]") {
  TwoProfiles world;
  auto set = world.good("");
  CHECK(decided(*set, "home") == "default of profile home");
  CHECK(decided(*set, "cafe") == "default of profile cafe");
  CHECK(decided(*set, "work") == "default");
  CHECK(decided(*set, "") == "default");
  set->setCircumstances(Circumstances{"cafe", nullptr});
  auto judged = set->judgeName(curlToExample().process, "example.org", NOW);
  CHECK(judged.refuse);
  CHECK(judged.rule->name == "default of profile cafe");
  set->setCircumstances(Circumstances{"home", nullptr});
  CHECK_FALSE(set->judgeName(curlToExample().process, "example.org", NOW).refuse);
}

TEST_CASE("a file's profile holds for each of its rules, and they say so") {
  TwoProfiles world;
  auto set = world.good(
      "profile = [\"home\", \"work\"]\n"
      "[[rule]]\nname = \"web\"\naction = \"drop\"\nport = 443\n"
      "[[rule]]\nname = \"rest\"\naction = \"drop\"\nnot = { profile = \"work\" }\n");
  CHECK(decided(*set, "work") == "web");
  CHECK(decided(*set, "cafe") == "default of profile cafe");
  CHECK(set->rules()[KJ_ASSERT_NONNULL(set->find("rest"))].profile == "home, work");
}

TEST_CASE("a profile that is not there is an error that names the nearest") {
  TwoProfiles world;
  auto rule = [](kj::StringPtr rest) {
    return kj::str("[[rule]]\nname = \"x\"\naction = \"allow\"\n", rest, "\n");
  };
  CHECK(world.error(rule("profile = \"hom\"")) ==
        "test.toml:4:11: there is no [profile.hom] in portreeve.toml; did you mean \"home\"?");
  CHECK(world.error(rule("network = \"caffe\""))
            .startsWith("test.toml:4:11: there is no [profile.caffe]"));
  CHECK(world.error(kj::str("profile = \"hom\"\n", rule(""), rule("").slice(0)))
            .startsWith("test.toml:1:11: there is no [profile.hom]"));
  // The command looks at a rule without the settings.
  auto parsed = parse(source(rule("profile = \"hom\"")), {testUsers()});
  CHECK(parsed.problems.empty());
}

TEST_CASE(
    "a rule below one that holds with every profile never decides, below one of its own it may") {
  TwoProfiles world;
  auto warnings = [&](kj::StringPtr text) {
    RuleSource sources[] = {source(text)};
    return check(sources, world.options(), NOW).neverDecide.size();
  };
  auto all = "[[rule]]\nname = \"all\"\naction = \"allow\"\nport = 443\n"_kj;
  auto home = "[[rule]]\nname = \"home\"\naction = \"block\"\nport = 443\nprofile = \"home\"\n"_kj;
  CHECK(warnings(kj::str(all, home)) == 1);
  CHECK(warnings(kj::str(home, all)) == 0);
}

}  // namespace
}  // namespace portreeve::rules
