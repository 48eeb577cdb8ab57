// SPDX-License-Identifier: GPL-3.0-or-later
#include "policy/rules/name-stage.h"

#include "policy/rules/rule-options.h"

#include <kj/debug.h>

#include <algorithm>

namespace portreeve::rules {
namespace {

bool judgesNames(const Rule& rule) {
  if (rule.answer) return false;
  // Of the last layer only what holds where no rule does: "loopback" and the like are about
  // addresses.
  return rule.isPeoples() || rule.fallback || rule.file == MODE_FILE;
}

FlowFacts nameStage() {
  FlowFacts facts;  // outgoing
  facts.known.protocol = facts.known.address = facts.known.port = false;
  facts.known.local = facts.known.interface = false;
  return facts;
}

bool mayJudgeAllsNames(const Rule& rule) {
  return rule.isForAll() && mayJudgeNames(rule);
}

DomainFact domainOf(const NameQuery& query) {
  return {query.name, query.askerSpeaksForOthers ? NameSource::ANY : NameSource::PROCESS};
}

FlowFacts factsOf(const NameQuery& query, const DomainFact& domain) {
  // Borrows from both.
  auto facts = nameStage();
  facts.known.process = facts.known.user = !query.askerSpeaksForOthers;
  facts.process = query.asker;
  facts.wallNs = query.nowWallNs;
  facts.domains = kj::arrayPtr(&domain, 1);
  facts.circumstances = &query.circumstances;
  return facts;
}

struct NameMatch {
  bool certain;
  bool decides;
  bool refuses;
};

NameMatch matchName(const Rule& rule, const FlowFacts& facts) {
  Match match = rule.test(facts, facts.wallNs);
  bool lets = letsThrough(rule.action) || rule.learning;
  bool decides = lets ? match != Match::NO : match == Match::YES;
  return {match == Match::YES, decides, decides && !lets};
}

}  // namespace

bool mayJudgeNames(const Rule& rule) {
  if (!judgesNames(rule)) return false;
  const Circumstances somewhere;
  auto facts = nameStage();
  facts.wallNs = 1;  // the hour will be known, and where this machine is
  facts.circumstances = &somewhere;
  for (auto& operand : rule.operands) {
    if (operand->cost == Cost::NESTED) continue;
    if (operand->key == "direction" && operand->test(facts) == Match::NO) return false;
    if (!letsThrough(rule.action) && operand->test(facts) == Match::MAYBE) return false;
  }
  return true;
}

NameStage::NameStage(kj::ArrayPtr<const Rule> rules, const UsersRules& users)
    : all(rules),
      users(users),
      known(all, ASKER_KEYS, mayJudgeAllsNames),
      forOthers(all, NAME_KEYS, mayJudgeAllsNames),
      anyGate(std::any_of(all.begin(), all.end(),
                          [](auto& rule) { return rule.action == Action::GATE17; })) {}

NameDecision NameStage::judge(const NameQuery& query, Trace* trace) const {
  const auto domain = domainOf(query);
  auto facts = factsOf(query, domain);
  auto decision = trace == nullptr ? judgeForAll(query, facts) : judgeForAll(facts, *trace);
  auto own = users.of(facts);
  if (own == nullptr || decision.refuse) return decision;
  bool refuse = false;
  const Rule* first = own->names.firstOf(facts, [&](const Rule& rule) {
    NameMatch match = matchName(rule, facts);
    if (trace != nullptr) trace->add(rule, match.certain, facts, query.nowWallNs);
    refuse = match.refuses;
    return match.decides;
  });
  return first != nullptr && refuse ? NameDecision{true, first} : decision;
}

NameDecision NameStage::judgeForAll(const NameQuery& query, const FlowFacts& facts) const {
  bool refuse = false;
  const Rule* first = indexOf(query).firstOf(facts, [&](const Rule& rule) {
    NameMatch match = matchName(rule, facts);
    refuse = match.refuses;
    return match.decides;
  });
  KJ_ASSERT(first != nullptr, "the default has no operands");
  return {refuse, first};
}

NameDecision NameStage::judgeForAll(const FlowFacts& facts, Trace& trace) const {
  for (auto& rule : all) {
    if (!rule.isForAll() || !judgesNames(rule)) continue;
    NameMatch match = matchName(rule, facts);
    trace.add(rule, match.certain, facts, facts.wallNs);
    if (match.decides) return {match.refuses, &rule};
  }
  KJ_UNREACHABLE;
}

bool NameStage::goesFarAway(const NameQuery& query) const {
  if (!anyGate) return false;
  const auto domain = domainOf(query);
  auto facts = factsOf(query, domain);
  const Rule* first = indexOf(query).firstOf(facts, [&](const Rule& rule) {
    Match match = rule.test(facts, query.nowWallNs);
    return match == Match::YES || (match == Match::MAYBE && rule.action == Action::GATE17);
  });
  return first != nullptr && first->action == Action::GATE17;
}

}  // namespace portreeve::rules
