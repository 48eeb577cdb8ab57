// SPDX-License-Identifier: GPL-3.0-or-later
#include "policy/rules/users-rules.h"

#include "policy/rules/test-random.h"

#include <doctest/doctest.h>

#include <string>
#include <string_view>

namespace portreeve::rules {
namespace {

RuleSource usersSource(uint32_t uid, kj::StringPtr text, kj::StringPtr file = "x.toml") {
  auto made = source(text, Layer::USER, kj::str(uid, '-', file));
  made.user = uid;
  return made;
}

kj::Own<RuleSet> load(kj::StringPtr all, kj::StringPtr alices) {
  auto options = testOptions();
  options.defaultAction = DefaultAction::BLOCK;
  RuleSource sources[] = {source(all), usersSource(1000, alices)};
  return loadRules(sources, options);
}

FlowFacts ofUser(kj::Maybe<uint32_t> uid) {
  auto facts = curlToExample();
  facts.process.uid = uid;
  return facts;
}

TEST_CASE("a user's rule stops what everybody may, for his own programs alone") {
  auto set =
      load(ruleText("web", "allow", "port = 443"), ruleText("not for me", "block", "port = 443"));
  auto alices = set->decide(ofUser(1000u), NOW);
  CHECK(alices.rule->name == "not for me");
  CHECK(alices.verdict == proto::Verdict::BLOCK);
  CHECK(set->decide(ofUser(1001u), NOW).rule->name == "web");
  CHECK(set->decide(ofUser(0u), NOW).rule->name == "web");
  CHECK(set->decide(ofUser(nullptr), NOW).rule->name == "web");
}

TEST_CASE("a user's rule never lets through what others stop") {
  auto set = load(ruleText("no web", "block", "port = 443"), ruleText("please", "allow"));
  CHECK(set->decide(ofUser(1000u), NOW).rule->name == "no web");
  auto quiet = load(ruleText("no web", "drop", "port = 443"), ruleText("rather so", "block"));
  CHECK(quiet->decide(ofUser(1000u), NOW).rule->name == "no web");
  auto louder = load(ruleText("no web", "block", "port = 443"), ruleText("silently", "drop"));
  CHECK(louder->decide(ofUser(1000u), NOW).rule->name == "silently");
}

TEST_CASE("a user's allow leaves to the others what his later rules would stop") {
  auto set = load(ruleText("all", "allow"), kj::str(ruleText("but the web", "allow", "port = 443"),
                                                    ruleText("nothing", "block")));
  CHECK(set->decide(ofUser(1000u), NOW).rule->name == "all");
  auto mail = ofUser(1000u);
  mail.remotePort = 25;
  CHECK(set->decide(mail, NOW).rule->name == "nothing");
}

TEST_CASE("a name that all flows of the user's to it would be stopped for is refused to him") {
  auto set =
      load(ruleText("all", "allow"), ruleText("no ads", "block", "domain = \".ads.example\""));
  auto asker = curlToExample().process;
  CHECK(set->judgeName(asker, "x.ads.example", NOW).rule->name == "no ads");
  CHECK(set->judgeName(asker, "x.ads.example", NOW).refuse);
  CHECK_FALSE(set->judgeName(asker, "example.org", NOW).refuse);
  CHECK_FALSE(set->judgeName(asker, "x.ads.example", NOW, true).refuse);
  asker.uid = 1001u;
  CHECK_FALSE(set->judgeName(asker, "x.ads.example", NOW).refuse);
  auto facts = ofUser(1000u);
  facts.known.domain = false;
  CHECK(set->hangsOnName(facts, NOW));
  facts.process.uid = 1001u;
  CHECK_FALSE(set->hangsOnName(facts, NOW));
}

TEST_CASE("a user's file that is not good is left out, and nobody else's rules with it") {
  auto options = testOptions();
  RuleSource sources[] = {source(ruleText("web", "allow", "port = 443")),
                          usersSource(1000, ruleText("x", "alow")),
                          usersSource(1000, ruleText("good", "block"), "y.toml"),
                          usersSource(1001, ruleText("theirs", "block"))};
  auto loaded = RuleSet::load(sources, options);
  CHECK(loaded.problems.empty());
  REQUIRE(loaded.ofUsers.size() == 1);
  CHECK(loaded.ofUsers[0].toString().startsWith("1000-x.toml:3:10: "));
  auto& set = *KJ_ASSERT_NONNULL(loaded.set);
  CHECK(set.decide(ofUser(1000u), NOW).rule->name == "good");
  CHECK(set.decide(ofUser(1001u), NOW).rule->name == "theirs");
}

TEST_CASE("what would reach beyond a user's own programs is refused in his file") {
  auto refused = [](kj::StringPtr text) {
    RuleSource sources[] = {usersSource(1000, text)};
    auto loaded = RuleSet::load(sources, testOptions());
    return loaded.ofUsers.empty() ? kj::String() : kj::str(loaded.ofUsers[0].reason);
  };
  CHECK(refused(ruleText("x", "gate17")).startsWith("whom to ask and where"));
  CHECK(refused("[databases]\ncountry = \"/etc/shadow\"\n").startsWith("[databases] stand in"));
  CHECK(refused(ruleText("x", "nameserver")).size() > 0);
  CHECK(refused(ruleText("x", "ask")).startsWith("whom to ask and where"));
  CHECK(refused(ruleText("x", "block", "answer = true")).startsWith("answers are given by"));
  CHECK(refused(ruleText("x", "drop", "log = false")).startsWith("what is kept of your"));
  CHECK(refused(ruleText("x", "block", "port = \"@web\"")).size() > 0);
  CHECK(refused(kj::str("[sets]\nweb = [443]\n", ruleText("x", "block", "port = \"@web\""))) == "");
}

TEST_CASE("users' sets are their own: two may have one name, and the administrator's stays") {
  auto options = testOptions();
  RuleSource sources[] = {
      source(kj::str("[sets]\nweb = [80]\n", ruleText("plain", "drop", "port = \"@web\""))),
      usersSource(1000,
                  kj::str("[sets]\nweb = [443]\n", ruleText("a", "block", "port = \"@web\""))),
      usersSource(1001,
                  kj::str("[sets]\nweb = [22]\n", ruleText("b", "block", "port = \"@web\"")))};
  auto set = loadRules(sources, options);
  CHECK(set->decide(ofUser(1000u), NOW).rule->name == "a");
  CHECK(set->decide(ofUser(1001u), NOW).rule->layer == Layer::DEFAULT);
}

unsigned severity(proto::Verdict verdict) {
  switch (verdict) {
    case proto::Verdict::BLOCK:
    case proto::Verdict::BLOCK_ONCE:
      return 1;
    case proto::Verdict::DROP:
    case proto::Verdict::DROP_ONCE:
      return 2;
    default:
      return 0;
  }
}

kj::String asUsersMay(kj::String text) {
  // Users' rules have no such actions, and answer nothing.
  std::string all(text.begin(), text.size());
  auto replace = [&](std::string_view what, std::string_view with) {
    for (size_t at; (at = all.find(what)) != all.npos;) all.replace(at, what.size(), with);
  };
  replace("\"gate17\"", "\"block\"");
  replace("\"ask\"", "\"drop\"");
  replace("answer = true\n", "");
  replace("\nanswer = true", "");
  return kj::heapString(all.data(), all.size());
}

TEST_CASE(
    "whatever users write, no flow gets through that was stopped, and no other user's changes") {
  Random random(97);
  for (unsigned round = 0; round < rounds(40); round++) {
    auto text = randomRules(random, random() % 40);
    auto alices = asUsersMay(randomRules(random, 1 + random() % 20));
    auto roots = asUsersMay(randomRules(random, 1 + random() % 20));
    auto options = testOptions();
    RuleSource plain[] = {source(text)};
    RuleSource full[] = {source(text), usersSource(1000, alices), usersSource(0, roots)};
    auto without = loadRules(plain, options);
    auto with = loadRules(full, options);
    for (unsigned flows = 0; flows < 300; flows++) {
      RandomFlow flow(random);
      auto before = without->decide(flow.facts, NOW);
      auto after = with->decide(flow.facts, NOW);
      Trace trace;
      REQUIRE(with->decide(flow.facts, NOW, &trace).rule == after.rule);
      CHECK(severity(after.verdict) >= severity(before.verdict));
      bool own = after.rule->layer == Layer::USER;
      auto uid = flow.facts.process.uid;
      if (own) {
        CHECK(flow.facts.known.user);
        CHECK(uid.orDefault(4711) == after.rule->user);
        CHECK(severity(after.verdict) > 0);
      } else {
        CHECK(after.verdict == before.verdict);
        CHECK(after.rule->name == before.rule->name);
      }
      auto asked = with->judgeName(flow.facts.process, "a.example.org", NOW);
      auto askedBefore = without->judgeName(flow.facts.process, "a.example.org", NOW);
      if (askedBefore.refuse) CHECK(asked.refuse);
      if (asked.refuse && !askedBefore.refuse) CHECK(asked.rule->user == uid.orDefault(4711));
    }
  }
}

}  // namespace
}  // namespace portreeve::rules
