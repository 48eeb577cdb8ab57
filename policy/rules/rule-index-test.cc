// SPDX-License-Identifier: GPL-3.0-or-later
#include "policy/rules/rule-index.h"

#include "policy/rules/parse.h"
#include "policy/rules/test-facts.h"

#include <doctest/doctest.h>

#include <random>

namespace portreeve::rules {
namespace {

using Random = std::mt19937;

kj::StringPtr oneOf(Random& random, kj::ArrayPtr<const kj::StringPtr> values) {
  return values[random() % values.size()];
}

const kj::StringPtr OPERANDS[] = {
    "process.path = \"/usr/bin/curl\"",
    "process.path = [\"/usr/bin/wget\", \"/usr/bin/curl\"]",
    "process.path = \"/usr/**\"",
    "process.name = \"wget\"",
    "process.unit = \"session-1.scope\"",
    "process.parent = \"/usr/bin/bash\"",
    "process.kind = \"kernel\"",
    "user = \"alice\"",
    "user = [\"root\", 4711]",
    "direction = \"out\"",
    "direction = \"in\"",
    "protocol = \"tcp\"",
    "scope = \"internet\"",
    "address = \"203.0.113.5\"",
    "address = [\"203.0.113.0/24\", \"2001:db8::/32\"]",
    "address = \"0.0.0.0/0\"",
    "address = \"::/0\"",
    "port = 443",
    "port = [80, \"440-450\"]",
    "port = \"1-65535\"",
    "domain = \"example.org\"",
    "domain = \"*.example.org\"",
    "domain = \".example.net\"",
    "domain = \"none\"",
    "domain = [\"none\", \"a.example.org\"]",
    "domain = \".org\"\nnames = \"any\"",
    "not = { port = 443, protocol = \"udp\" }",
    "not = { process = { path = \"/usr/bin/curl\" } }",
};
const kj::StringPtr ACTIONS[] = {"allow", "block", "drop", "gate17"};

kj::String keyOf(kj::StringPtr line) {
  // Of "process.path = …" the table is a key of its own that may stand once.
  size_t end = line.findFirst(' ').orDefault(line.size());
  return kj::str(line.slice(0, end));
}

kj::String randomRules(Random& random, unsigned count) {
  kj::Vector<kj::String> text;
  for (unsigned i = 0; i < count; i++) {
    text.add(kj::str("[[rule]]\nname = \"", i, "\"\naction = \"", oneOf(random, ACTIONS), '"'));
    kj::Vector<kj::String> used;
    for (unsigned operands = random() % 4; operands > 0; operands--) {
      auto operand = oneOf(random, OPERANDS);
      auto key = keyOf(operand);
      bool twice = false;
      for (auto& other : used) twice = twice || other == key;
      if (twice) continue;
      text.add(kj::str(operand));
      used.add(kj::mv(key));
    }
  }
  return kj::strArray(text, "\n");
}

struct RandomFlow {
  FlowFacts facts = curlToExample();
  kj::Vector<DomainFact> domains;

  explicit RandomFlow(Random& random) {
    static const kj::StringPtr PATHS[] = {"/usr/bin/curl", "/usr/bin/wget", "/opt/x", ""};
    static const kj::StringPtr NAMES[] = {"example.org", "a.example.org", "example.net", "org"};
    static const kj::StringPtr ADDRESSES[] = {"203.0.113.5", "203.0.113.77", "2001:db8::7",
                                              "2001:db9::1", "127.0.0.1"};
    static constexpr uint16_t PORTS[] = {443, 80, 445, 9};
    facts.direction = Direction(random() % 2);
    facts.protocol = random() % 2 ? 6 : 17;
    facts.process.path = oneOf(random, PATHS);
    facts.process.name = random() % 2 ? "wget" : "curl";
    facts.process.kind = ProcessKind(random() % 6);
    if (random() % 4 == 0) facts.process.uid = nullptr;
    if (random() % 3 == 0) facts.process.uid = 0u;
    facts.remote = address(oneOf(random, ADDRESSES));
    facts.remotePort = PORTS[random() % 4];
    facts.localPort = PORTS[random() % 4];
    for (unsigned names = random() % 4; names > 0; names--)
      domains.add(DomainFact{oneOf(random, NAMES), NameSource(random() % 4)});
    facts.domains = domains;
    if (random() % 4 == 0) facts.known.domain = false;
    if (random() % 8 == 0) facts.known.process = false;
    if (random() % 8 == 0) facts.known.port = false;
  }
};

TEST_CASE("the index finds the rule that looking at every rule in order finds") {
  Random random(17);
  for (unsigned round = 0; round < 60; round++) {
    auto text = randomRules(random, 1 + round);
    auto set = loadRules(text);
    for (unsigned flows = 0; flows < 50; flows++) {
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
  for (unsigned round = 0; round < 60; round++) {
    auto text = randomRules(random, 1 + round);
    auto set = loadRules(text);
    for (unsigned asked = 0; asked < 50; asked++) {
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
