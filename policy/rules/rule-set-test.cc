// SPDX-License-Identifier: GPL-3.0-or-later
#include "policy/rules/explanation.h"
#include "policy/rules/test-facts.h"

#include <capnp/message.h>
#include <doctest/doctest.h>

namespace portreeve::rules {
namespace {

using proto::Verdict;

TEST_CASE("the first matching rule decides, whatever stands below") {
  auto set =
      loadRules(kj::str(ruleText("one", "drop", "port = 443"),
                        ruleText("two", "allow", "port = 443"), ruleText("three", "gate17", "")));
  FlowFacts facts = curlToExample();
  CHECK(set->decide(facts, NOW).verdict == Verdict::DROP);
  CHECK(set->decide(facts, NOW).rule->name == "one");
  facts.remotePort = 80;
  CHECK(set->decide(facts, NOW).verdict == Verdict::GATE17);
}

TEST_CASE("without a match the default decides") {
  FlowFacts facts = curlToExample();
  CHECK(loadRules("", DefaultAction::ALLOW)->decide(facts, NOW).verdict == Verdict::ACCEPT);
  CHECK(loadRules("", DefaultAction::BLOCK)->decide(facts, NOW).verdict == Verdict::BLOCK);
  auto set = loadRules("", DefaultAction::DROP);
  auto decision = set->decide(facts, NOW);
  CHECK(decision.verdict == Verdict::DROP);
  CHECK(decision.rule->layer == Layer::DEFAULT);
  CHECK(decision.rule->origin() == "policy.default");
}

TEST_CASE("where a rule asks, the answers decide, wherever they stand, and nowhere else") {
  auto answer =
      ruleText("yes, for curl", "allow", "answer = true\nprocess = { path = \"/usr/bin/curl\" }");
  auto asking = loadRules(kj::str(answer, ruleText("ask", "ask", "direction = \"out\"")));
  CHECK(asking->decide(curlToExample(), NOW).rule->name == "yes, for curl");
  auto other = curlToExample();
  other.process.path = "/usr/bin/wget";
  CHECK(asking->decide(other, NOW).verdict == proto::Verdict::ASK);
  Trace trace;
  CHECK(asking->decide(curlToExample(), NOW, &trace).rule->name == "yes, for curl");
  CHECK(trace.considered.back().rule->name == "yes, for curl");
  auto blocking = loadRules(kj::str(answer, ruleText("no", "block", "direction = \"out\"")));
  CHECK(blocking->decide(curlToExample(), NOW).rule->name == "no");
  CHECK(loadRules(answer)->decide(curlToExample(), NOW).rule->name == "default");
}

TEST_CASE("what asks by default is answered, too, and never refuses a name") {
  auto set = loadRules(ruleText("no", "block", "answer = true\ndomain = \"example.org\""),
                       DefaultAction::ASK);
  CHECK(set->decide(curlToExample(), NOW).verdict == proto::Verdict::BLOCK);
  CHECK(!set->judgeName(curlToExample().process, "example.org", NOW).refuse);
  auto unnamed = curlToExample();
  unnamed.known.domain = false;
  CHECK(set->hangsOnName(unnamed, NOW));
}

TEST_CASE("a rule that has ended decides nothing, from that very moment") {
  auto set = loadRules(ruleText("brief", "allow", "for = \"5m\""));
  uint64_t end = NOW + 300 * SECONDS;
  CHECK(set->decide(curlToExample(), end - 1).rule->name == "brief");
  CHECK(set->decide(curlToExample(), end).rule->name == "default");
  CHECK_FALSE(set->judgeName(curlToExample().process, "example.org", end - 1).refuse);
  CHECK(set->judgeName(curlToExample().process, "example.org", end).refuse);
  CHECK(set->nextExpiry(NOW) == end);
  CHECK(set->nextExpiry(end) == 0);
}

TEST_CASE("hits are counted per rule and survive a reload that leaves the rule as it is") {
  auto set = loadRules(
      kj::str(ruleText("web", "allow", "port = 443"), ruleText("ssh", "allow", "port = 22")));
  auto decision = set->decide(curlToExample(), NOW);
  set->count(decision, NOW);
  set->count(decision, NOW + 1);
  auto reloaded = loadRules(
      kj::str(ruleText("new", "block", "port = 1"), ruleText("web", "allow", "port = 443")));
  reloaded->adoptCounts(*set, reloaded->sameAs(*set));
  size_t web = KJ_ASSERT_NONNULL(reloaded->find("web"));
  CHECK(reloaded->hits(web).hits == 2);
  CHECK(reloaded->hits(web).lastNs == NOW + 1);
  CHECK(reloaded->hits(web - 1).hits == 0);
  auto changed = loadRules(ruleText("web", "block", "port = 443"));
  changed->adoptCounts(*set, changed->sameAs(*set));
  CHECK(changed->hits(KJ_ASSERT_NONNULL(changed->find("web"))).hits == 0);
}

TEST_CASE("a trace tells for each rule which operand failed, with both values") {
  auto set = loadRules(
      kj::str(ruleText("ssh", "allow", "port = 22\nprocess = { path = \"/usr/bin/ssh\" }"),
              ruleText("ended", "allow", "expires = 2020-01-01T00:00:00Z"),
              ruleText("web", "allow", "port = 443")));
  Trace trace;
  auto decision = set->decide(curlToExample(), NOW, &trace);
  size_t count = trace.considered.size();
  REQUIRE(count > 3);
  CHECK(trace.considered[count - 3].failed == "port: wants 22, has 443");
  CHECK(trace.considered[count - 2].failed == "expired 2020-01-01T00:00:00.000Z");
  CHECK(trace.considered[count - 1].matched);
  CHECK(trace.considered[count - 1].rule->name == "web");

  capnp::MallocMessageBuilder message;
  auto explanation = message.initRoot<proto::view::Explanation>();
  fillDecision(*set, decision, trace, explanation);
  auto list = explanation.getConsidered();
  CHECK(kj::StringPtr(list[uint32_t(count - 1)].getOrigin()) == "test.toml:10");
  CHECK(list[uint32_t(count - 1)].getMatched());
}

TEST_CASE("rules are shown with their position, layer, place and text") {
  auto set = loadRules(ruleText("web", "allow", "port = 443\nfor = \"1h\""));
  capnp::MallocMessageBuilder message;
  auto orphan = message.getOrphanage().newOrphan<capnp::List<proto::view::RuleView>>(
      uint32_t(set->rules().size()));
  set->fill(orphan.get());
  auto view = orphan.get()[uint32_t(KJ_ASSERT_NONNULL(set->find("web")))];
  CHECK(kj::StringPtr(view.getLayer()) == "suite");
  CHECK(kj::StringPtr(view.getOrigin()) == "test.toml:1");
  CHECK(kj::StringPtr(view.getExpires()) == "2027-01-15T09:00:00.000Z");
  CHECK(kj::StringPtr(view.getText()).startsWith("[[rule]]\nname = \"web\""));
  CHECK(kj::StringPtr(orphan.get()[0].getOrigin()) == "built-in");
  CHECK(orphan.get()[0].getPosition() == 1);
}

TEST_CASE("what a file holds decides only once it is known, and what would hang on it is told") {
  auto set = loadRules(
      "[[rule]]\nname = \"bad\"\naction = \"block\"\n"
      "process = { sha256 = \"E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855\" "
      "}\n"
      "[[rule]]\nname = \"ours\"\naction = \"allow\"\nprocess = { package = \"curl\" }\n",
      DefaultAction::DROP);
  CHECK(set->usesExamination());
  auto facts = curlToExample();
  facts.process.examined = false;
  CHECK(set->decide(facts, NOW).verdict == proto::Verdict::DROP);
  CHECK(set->hangsOnExamination(facts, NOW));
  facts.process.examined = true;
  facts.process.package = "curl";
  CHECK_FALSE(set->hangsOnExamination(facts, NOW));
  CHECK(set->decide(facts, NOW).verdict == proto::Verdict::ACCEPT);
  facts.process.sha256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
  CHECK(set->decide(facts, NOW).verdict == proto::Verdict::BLOCK);
}

TEST_CASE("a set says whether any of its rules is about single processes") {
  CHECK(loadRules("[[rule]]\nname = \"x\"\naction = \"allow\"\n"
                  "not = { process = { instance = \"7@123\" } }\n")
            ->tellsProcessesApart());
  CHECK_FALSE(
      loadRules("[[rule]]\nname = \"x\"\naction = \"allow\"\nport = 1\n")->tellsProcessesApart());
}

TEST_CASE("nothing hangs on a file behind a rule that decides without") {
  auto set = loadRules(
      "[[rule]]\nname = \"web\"\naction = \"allow\"\nport = 443\n"
      "[[rule]]\nname = \"ours\"\naction = \"allow\"\nnot = { process = { package = \"curl\" } "
      "}\n");
  CHECK(set->usesExamination());
  auto facts = curlToExample();
  facts.process.examined = false;
  CHECK_FALSE(set->hangsOnExamination(facts, NOW));
  facts.remotePort = 80;
  CHECK(set->hangsOnExamination(facts, NOW));
  CHECK_FALSE(
      loadRules("[[rule]]\nname = \"x\"\naction = \"allow\"\nport = 1\n")->usesExamination());
}

}  // namespace
}  // namespace portreeve::rules
