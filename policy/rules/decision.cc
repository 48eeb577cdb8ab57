// SPDX-License-Identifier: GPL-3.0-or-later
#include "policy/rules/decision.h"

namespace portreeve::rules {
namespace {

const DomainFact* matchedName(const Rule& rule, const FlowFacts& facts) {
  for (auto& operand : rule.operands)
    if (const DomainFact* fact = operand->namedBy(facts)) return fact;
  return nullptr;
}

const DomainFact* nearestName(const FlowFacts& facts) {
  const DomainFact* nearest = nullptr;
  for (auto& fact : facts.domains)
    if (nearest == nullptr || fact.source < nearest->source) nearest = &fact;
  return nearest;
}

unsigned strictness(proto::Verdict verdict) {
  switch (verdict) {
    case proto::Verdict::ACCEPT:
      return 0;
    case proto::Verdict::ACCEPT_ONCE:
      return 1;
    case proto::Verdict::GATE17:
      return 2;
    case proto::Verdict::NAMESERVER:
      return 3;
    case proto::Verdict::ASK:
      return 4;
    case proto::Verdict::BLOCK_ONCE:
      return 5;
    case proto::Verdict::BLOCK:
      return 6;
    case proto::Verdict::DROP_ONCE:
      return 7;
    default:
      return 8;
  }
}

}  // namespace

Decision decisionOf(const Rule& rule, const FlowFacts& facts) {
  Decision decision{verdictOf(rule), &rule, "", nullptr};
  const DomainFact* fact = matchedName(rule, facts);
  if (fact == nullptr) fact = nearestName(facts);
  if (fact != nullptr) {
    decision.domain = fact->name;
    decision.named = fact->source;
  }
  return decision;
}

Decision stricter(const Decision& out, const Decision& in) {
  return strictness(in.verdict) > strictness(out.verdict) ? in : out;
}

bool tightens(const Rule& rule, const Decision& decision) {
  return !letsThrough(rule.action) && strictness(verdictOf(rule)) > strictness(decision.verdict);
}

}  // namespace portreeve::rules
