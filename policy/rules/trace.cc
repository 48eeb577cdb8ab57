// SPDX-License-Identifier: GPL-3.0-or-later
#include "policy/rules/trace.h"

#include "common/clock.h"

namespace portreeve::rules {
namespace {

kj::String describeFailure(const Operand& operand, const FlowFacts& facts) {
  if (operand.test(facts) == Match::MAYBE)
    return kj::str(operand.key, ": wants ", operand.wanted(), ", not known yet");
  return kj::str(operand.key, ": wants ", operand.wanted(), ", has ", operand.found(facts));
}

kj::String whyNot(const Rule& rule, const FlowFacts& facts, uint64_t nowWallNs) {
  if (rule.expired(nowWallNs)) return kj::str("expired ", rfc3339(rule.expiresNs));
  // A plain "no" says more than a "not known yet" before it.
  for (auto& operand : rule.operands)
    if (operand->test(facts) == Match::NO) return describeFailure(*operand, facts);
  for (auto& operand : rule.operands)
    if (operand->test(facts) == Match::MAYBE) return describeFailure(*operand, facts);
  return kj::str();
}

}  // namespace

void Trace::add(const Rule& rule, bool matched, const FlowFacts& facts, uint64_t nowWallNs) {
  considered.add(Considered{&rule, matched, matched ? kj::str() : whyNot(rule, facts, nowWallNs)});
}

}  // namespace portreeve::rules
