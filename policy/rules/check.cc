// SPDX-License-Identifier: GPL-3.0-or-later
#include "policy/rules/check.h"

#include "common/clock.h"

namespace portreeve::rules {
namespace {

Problem about(const Rule& rule, kj::String reason) {
  return Problem{kj::str(rule.file), rule.line, 1, kj::mv(reason)};
}

bool sameOwner(const Rule& a, const Rule& b) {
  bool ofUser = a.layer == Layer::USER;
  return ofUser == (b.layer == Layer::USER) && (!ofUser || a.user == b.user);
}

bool sameOrder(const Rule& a, const Rule& b) {
  // Whether one may come before the other: a user's rules are asked apart from all others, and so
  // are answers.
  return sameOwner(a, b) && a.answer == b.answer;
}

bool ends(const Rule& rule) {
  return rule.expiresNs != 0 || rule.untilRestart;
}

using Operands = kj::Vector<kj::Own<Operand>>;
using Given = kj::Vector<const Operand*>;  // all of them match

bool implies(const Given& given, const Operand& wider, unsigned depth = 0);

bool eachAlternativeImplies(const Given& given, const Operand& anyOf, const Operand& wider,
                            unsigned depth) {
  for (auto& alternative : anyOf.nested()) {
    Given more;
    more.addAll(given);
    for (auto& operand : alternative) more.add(operand.get());
    if (!implies(more, wider, depth + 1)) return false;
  }
  return true;
}

bool implies(const Given& given, const Operand& wider, unsigned depth) {
  constexpr unsigned DEEPEST = 4;  // any-of within any-of: deeper ones are only not found
  for (auto operand : given)
    if (wider.covers(*operand)) return true;
  if (wider.key == "any-of")
    for (auto& alternative : wider.nested()) {
      bool all = true;
      for (auto& operand : alternative) all = all && implies(given, *operand, depth);
      if (all) return true;
    }
  if (depth == DEEPEST) return false;
  for (auto operand : given)
    if (operand->key == "any-of" && eachAlternativeImplies(given, *operand, wider, depth))
      return true;
  return false;
}

Given givenBy(const Rule& rule) {
  Given given;
  for (auto& operand : rule.operands) given.add(operand.get());
  return given;
}

bool covers(const Rule& wider, const Given& narrower) {
  for (auto& operand : wider.operands)
    if (!implies(narrower, *operand)) return false;
  return true;
}

bool matchesNoProtocol(const Rule& rule) {
  FlowFacts facts;
  facts.known.address = facts.known.port = facts.known.local = facts.known.interface = false;
  facts.known.process = facts.known.user = false;
  for (auto direction : {Direction::OUT, Direction::IN}) {
    facts.direction = direction;
    facts.known.domain = direction == Direction::IN;  // who comes in has not been asked for
    for (unsigned protocol = 0; protocol < 256; protocol++) {
      facts.protocol = uint8_t(protocol);
      if (rule.test(facts) != Match::NO) return false;
    }
  }
  return true;
}

bool excludesItself(const Given& given) {
  for (auto operand : given) {
    if (operand->key != "not") continue;
    bool all = true;
    for (auto& denied : operand->nested()[0]) all = all && implies(given, *denied);
    if (all) return true;
  }
  return false;
}

bool wantsPathWithoutFile(const Given& given) {
  bool wantsPath = false;
  bool wantsOtherKind = false;
  for (auto operand : given) {
    wantsPath = wantsPath || operand->key == "process.path";
    if (operand->key != "process.kind") continue;
    bool any = false;
    for (auto kind : {ProcessKind::PROGRAM, ProcessKind::REPLACED}) {
      FlowFacts facts;
      facts.process.kind = kind;
      facts.process.suite = true;  // may be either
      any = any || operand->test(facts) == Match::YES;
    }
    wantsOtherKind = !any;
  }
  return wantsPath && wantsOtherKind;
}

kj::Maybe<kj::StringPtr> contradiction(const Rule& rule, const Given& given) {
  if (rule.operands.empty()) return nullptr;
  if (excludesItself(given)) return "its \"not\" excludes all that it wants"_kj;
  if (wantsPathWithoutFile(given))
    return "a process of that kind has no path that a rule could name"_kj;
  if (matchesNoProtocol(rule))
    return "its direction, protocol, icmp_type and domain exclude each other"_kj;
  return nullptr;
}

void warnOfEnded(const Rule& rule, uint64_t nowWallNs, kj::Vector<Problem>& warnings) {
  if (rule.expired(nowWallNs))
    warnings.add(about(rule, kj::str("rule \"", rule.name, "\" has ended at ",
                                     rfc3339(rule.expiresNs), ": take it out")));
}

void warnOfSameName(const Rule& rule, kj::ArrayPtr<const Rule> earlier,
                    kj::Vector<Problem>& warnings) {
  for (auto& other : earlier) {
    if (other.name != rule.name || !sameOwner(rule, other)) continue;
    warnings.add(
        about(rule, kj::str("rule \"", rule.name, "\" has the same name as the one at ",
                            other.origin(), ": explain and remove will not tell them apart")));
    return;
  }
}

kj::String whyCovered(const Rule& rule, const Given& given, const Rule& other) {
  auto named = kj::str('"', other.name, "\" (", other.origin(), ')');
  bool sameVerdict = verdictOf(rule) == verdictOf(other);
  if (sameVerdict && covers(rule, givenBy(other)))
    return kj::str("is a duplicate of ", named, ": take one of them out");
  return kj::str("never decides: ", named, " comes first and matches all that it matches",
                 sameVerdict ? "" : ", with another action");
}

void warnOfNeverDeciding(const Rule& rule, kj::ArrayPtr<const Rule> earlier, CheckResult& result) {
  auto given = givenBy(rule);
  auto warn = [&](kj::String reason) {
    result.warnings.add(about(rule, kj::str("rule \"", rule.name, "\" ", reason)));
    result.neverDecide.add(kj::str(rule.name));
  };
  KJ_IF_MAYBE (reason, contradiction(rule, given))
    return warn(kj::str("can never match: ", *reason));
  for (auto& other : earlier)
    if (!ends(other) && sameOrder(rule, other) && covers(other, given))
      return warn(whyCovered(rule, given, other));
}

}  // namespace

CheckResult check(kj::ArrayPtr<const RuleSource> sources, const RuleOptions& options,
                  uint64_t nowWallNs) {
  CheckResult result;
  auto loaded = RuleSet::load(sources, options);
  result.errors = kj::mv(loaded.problems);
  for (auto& problem : loaded.ofUsers) result.warnings.add(kj::mv(problem));
  for (auto& list : loaded.missing) result.missing.add(kj::mv(list));
  KJ_IF_MAYBE (set, loaded.set) {
    auto rules = (*set)->rules();
    for (size_t i = 0; i < rules.size(); i++) {
      if (!rules[i].isPeoples()) continue;
      result.rules++;
      warnOfEnded(rules[i], nowWallNs, result.warnings);
      warnOfSameName(rules[i], rules.slice(0, i), result.warnings);
      warnOfNeverDeciding(rules[i], rules.slice(0, i), result);
    }
  }
  return result;
}

}  // namespace portreeve::rules
