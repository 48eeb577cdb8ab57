// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/fuzz/fuzz-target.h"

#include "policy/rules/check.h"
#include "policy/rules/expectations.h"
#include "policy/rules/test-facts.h"

namespace {

using namespace portreeve;
using namespace portreeve::rules;

void requireSame(const RuleSet& set, const FlowFacts& facts) {
  Trace trace;
  require(set.decide(facts, NOW).rule == set.decide(facts, NOW, &trace).rule);
  require(set.judgeName(facts.process, "www.example.org", NOW).refuse ==
          set.judgeName(facts.process, "www.example.org", NOW, false, &trace).refuse);
  set.hangsOnName(facts, NOW);
}

void judge(const RuleSet& set) {
  auto facts = curlToExample();
  requireSame(set, facts);
  facts.direction = Direction::IN;
  facts.domains = nullptr;
  requireSame(set, facts);
  facts.known.process = facts.known.address = facts.known.port = false;
  requireSame(set, facts);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  RuleSource sources[] = {source(kj::heapString(reinterpret_cast<const char*>(data), size))};
  auto loaded = RuleSet::load(sources, testOptions());
  require((loaded.set == nullptr) == !loaded.problems.empty());
  for (auto& problem : loaded.problems) require(problem.reason.size() > 0);
  KJ_IF_MAYBE (set, loaded.set) {
    judge(**set);
    check(sources, testOptions(), NOW);
  }
  parseExpectations(sources[0], testUsers());
  return 0;
}
