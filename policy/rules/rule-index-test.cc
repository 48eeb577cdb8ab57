// SPDX-License-Identifier: GPL-3.0-or-later
#include "policy/rules/rule-index.h"

#include "policy/rules/parse.h"
#include "policy/rules/test-random.h"

#include <doctest/doctest.h>

namespace portreeve::rules {
namespace {

TEST_CASE("the index finds the rule that looking at every rule in order finds") {
  Random random(17);
  for (unsigned round = 0; round < rounds(60); round++) {
    auto text = randomRules(random, 1 + round % 60);
    auto set = loadRules(text);
    for (unsigned flows = 0; flows < 500; flows++) {
      RandomFlow flow(random);
      Trace trace;
      auto slow = set->decide(flow.facts, NOW, &trace);
      auto quick = set->decide(flow.facts, NOW);
      REQUIRE_MESSAGE(quick.rule == slow.rule, text.cStr());
      CHECK(quick.domain == slow.domain);
    }
  }
}

TEST_CASE("the index finds the rule that decides whether a name may be asked for") {
  Random random(53);
  for (unsigned round = 0; round < rounds(60); round++) {
    auto text = randomRules(random, 1 + round % 60);
    auto set = loadRules(text);
    for (unsigned asked = 0; asked < 500; asked++) {
      RandomFlow flow(random);
      kj::StringPtr name = asked % 2 ? "a.example.org" : "example.net";
      bool others = random() % 2;
      Trace trace;
      auto slow = set->judgeName(flow.facts.process, name, NOW, others, &trace);
      auto quick = set->judgeName(flow.facts.process, name, NOW, others);
      REQUIRE_MESSAGE(quick.refuse == slow.refuse, text.cStr());
    }
  }
}

TEST_CASE("the index finds the rule on which a name might have a say") {
  Random random(71);
  for (unsigned round = 0; round < rounds(30); round++) {
    auto text = randomRules(random, 1 + round % 60);
    auto set = loadRules(text);
    for (unsigned flows = 0; flows < 500; flows++) {
      RandomFlow flow(random);
      flow.facts.known = Known();
      flow.facts.known.domain = false;
      Match first = Match::NO;
      flow.facts.wallNs = NOW;
      bool asks = false;
      for (auto& rule : set->rules())
        if (first == Match::NO && !rule.expired(NOW) && !rule.answer) {
          first = rule.test(flow.facts);
          asks = first == Match::YES && rule.action == Action::ASK;
        }
      CHECK_MESSAGE(set->hangsOnName(flow.facts, NOW) == (first == Match::MAYBE || asks),
                    text.cStr());
    }
  }
}

TEST_CASE("of ten thousand rules a flow meets a handful") {
  kj::Vector<kj::String> text;
  for (unsigned i = 0; i < 10000; i++)
    text.add(kj::str("[[rule]]\nname = \"", i,
                     "\"\naction = \"block\"\nprocess = { path = \"/opt/p", i % 100,
                     "\" }\nport = ", 1 + i / 4, "\nprotocol = \"tcp\""));
  auto source = rules::source(kj::strArray(text, "\n"));
  auto parsed = parse(source, {testUsers()});
  REQUIRE(parsed.rules.size() == 10000);
  RuleIndex index(parsed.rules, ALL_KEYS, [](const Rule&) { return true; });
  auto facts = curlToExample();
  facts.process.path = "/opt/p42";
  unsigned tested = 0;
  const Rule* found = index.firstOf(facts, [&](const Rule& rule) {
    tested++;
    return rule.test(facts) == Match::YES;
  });
  CHECK(found == nullptr);
  CHECK(tested < 10);
}

TEST_CASE("a flow with more names than the index takes is still judged right") {
  auto set =
      loadRules("[[rule]]\nname = \"last\"\naction = \"gate17\"\ndomain = \"n999.example.org\"");
  auto facts = curlToExample();
  kj::Vector<kj::String> names;
  kj::Vector<DomainFact> domains;
  for (unsigned i = 0; i < 1000; i++) names.add(kj::str('n', i, ".example.org"));
  for (auto& name : names) domains.add(DomainFact{name, NameSource::PROCESS});
  facts.domains = domains;
  CHECK(set->decide(facts, NOW).rule->name == "last");
}

}  // namespace
}  // namespace portreeve::rules
