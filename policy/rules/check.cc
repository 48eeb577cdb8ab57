// SPDX-License-Identifier: GPL-3.0-or-later
#include "policy/rules/check.h"

#include "common/clock.h"

namespace portreeve::rules {
namespace {

Problem about(const Rule& rule, kj::String reason) {
  return Problem{kj::str(rule.file), rule.line, 1, kj::mv(reason)};
}

bool isPeoples(const Rule& rule) {
  return rule.layer == Layer::ADMINISTRATOR || rule.layer == Layer::USER;
}

bool ends(const Rule& rule) {
  return rule.expiresNs != 0 || rule.untilRestart;
}

bool covers(const Rule& wider, const Rule& narrower) {
  for (auto& theirs : wider.operands) {
    bool implied = false;
    for (auto& ours : narrower.operands) implied = implied || theirs->covers(*ours);
    if (!implied) return false;
  }
  return true;
}

void warnOfEnded(const Rule& rule, uint64_t nowWallNs, kj::Vector<Problem>& warnings) {
  if (rule.expired(nowWallNs))
    warnings.add(about(rule, kj::str("rule \"", rule.name, "\" has ended at ",
                                     rfc3339(rule.expiresNs), ": take it out")));
}

void warnOfSameName(const Rule& rule, kj::ArrayPtr<const Rule> earlier,
                    kj::Vector<Problem>& warnings) {
  for (auto& other : earlier) {
    if (other.name != rule.name) continue;
    warnings.add(
        about(rule, kj::str("rule \"", rule.name, "\" has the same name as the one at ",
                            other.origin(), ": explain and remove will not tell them apart")));
    return;
  }
}

void warnOfNeverReached(const Rule& rule, kj::ArrayPtr<const Rule> earlier,
                        kj::Vector<Problem>& warnings) {
  for (auto& other : earlier) {
    if (ends(other) || !covers(other, rule)) continue;
    warnings.add(
        about(rule, kj::str("rule \"", rule.name, "\" never decides: \"", other.name, "\" (",
                            other.origin(), ") comes first and matches all that it matches")));
    return;
  }
}

}  // namespace

CheckResult check(kj::ArrayPtr<const RuleSource> sources, const RuleOptions& options,
                  uint64_t nowWallNs) {
  CheckResult result;
  auto loaded = RuleSet::load(sources, options);
  result.errors = kj::mv(loaded.problems);
  KJ_IF_MAYBE (set, loaded.set) {
    auto rules = (*set)->rules();
    for (size_t i = 0; i < rules.size(); i++) {
      if (!isPeoples(rules[i])) continue;
      result.rules++;
      warnOfEnded(rules[i], nowWallNs, result.warnings);
      warnOfSameName(rules[i], rules.slice(0, i), result.warnings);
      warnOfNeverReached(rules[i], rules.slice(0, i), result.warnings);
    }
  }
  return result;
}

}  // namespace portreeve::rules
