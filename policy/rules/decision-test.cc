// SPDX-License-Identifier: GPL-3.0-or-later
#include "policy/rules/test-facts.h"

#include <doctest/doctest.h>

namespace portreeve::rules {
namespace {

using proto::Verdict;

TEST_CASE("a rule for once decides a packet and not the connection") {
  FlowFacts facts = curlToExample();
  auto verdict = [&](kj::StringPtr action) {
    return loadRules(ruleText("test", action, "once = true"))->decide(facts, NOW).verdict;
  };
  CHECK(verdict("allow") == Verdict::ACCEPT_ONCE);
  CHECK(verdict("block") == Verdict::BLOCK_ONCE);
  CHECK(verdict("drop") == Verdict::DROP_ONCE);
}

TEST_CASE("a decision says which name matched and who had asked for it") {
  DomainFact domains[] = {{"a.example", NameSource::PROGRAM}, {"b.example", NameSource::PROGRAM}};
  auto set = loadRules(ruleText("b", "allow", "domain = \"b.example\""));
  auto facts = curlToExample();
  facts.domains = domains;
  auto decision = set->decide(facts, NOW);
  CHECK(decision.domain == "b.example");
  CHECK(KJ_ASSERT_NONNULL(decision.named) == NameSource::PROGRAM);
  facts.domains = nullptr;
  auto nameless = set->decide(facts, NOW);
  CHECK(nameless.domain == "");
  CHECK(nameless.named == nullptr);
}

TEST_CASE("the stricter of a loopback flow's two decisions wins") {
  Decision allow{Verdict::ACCEPT}, block{Verdict::BLOCK}, drop{Verdict::DROP},
      gate{Verdict::GATE17};
  CHECK(stricter(allow, block).verdict == Verdict::BLOCK);
  CHECK(stricter(block, allow).verdict == Verdict::BLOCK);
  CHECK(stricter(block, drop).verdict == Verdict::DROP);
  CHECK(stricter(gate, allow).verdict == Verdict::GATE17);
}

TEST_CASE(
    "of a yes for good and a yes for once the one for once is stricter, of two noes the one for "
    "good") {
  Decision yes{Verdict::ACCEPT}, yesOnce{Verdict::ACCEPT_ONCE}, no{Verdict::BLOCK},
      noOnce{Verdict::BLOCK_ONCE}, gone{Verdict::DROP}, goneOnce{Verdict::DROP_ONCE};
  CHECK(stricter(yes, yesOnce).verdict == Verdict::ACCEPT_ONCE);
  CHECK(stricter(noOnce, no).verdict == Verdict::BLOCK);
  CHECK(stricter(no, goneOnce).verdict == Verdict::DROP_ONCE);
  CHECK(stricter(gone, goneOnce).verdict == Verdict::DROP);
  CHECK(stricter(noOnce, yesOnce).verdict == Verdict::BLOCK_ONCE);
}

}  // namespace
}  // namespace portreeve::rules
