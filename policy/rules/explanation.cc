// SPDX-License-Identifier: GPL-3.0-or-later
#include "policy/rules/explanation.h"

#include "common/name-list.h"

namespace portreeve::rules {

void fillDecision(const RuleSet& set, const Decision& decision, const Trace& trace,
                  proto::view::Explanation::Builder explanation) {
  auto considered = explanation.initConsidered(uint(trace.considered.size()));
  for (uint i = 0; i < considered.size(); i++) {
    auto& from = trace.considered[i];
    considered[i].setRule(from.rule->name);
    considered[i].setOrigin(from.rule->origin());
    considered[i].setMatched(from.matched);
    considered[i].setFailed(from.failed);
  }
  set.fill(size_t(decision.rule - set.rules().begin()), explanation.initDeciding());
}

void fillLists(kj::StringPtr folder, kj::StringPtr domain,
               proto::view::Explanation::Builder explanation) {
  if (domain.size() == 0) return;
  auto found = listsWith(folder, domain);
  auto lists = explanation.initLists(uint(found.size()));
  for (uint i = 0; i < lists.size(); i++) lists.set(i, found[i]);
}

kj::StringPtr fateOf(kj::StringPtr action) {
  if (action == "allow") return "allowed"_kj;
  if (action == "block") return "refused"_kj;
  if (action == "drop") return "dropped"_kj;
  if (action == "gate17") return "sent through Gate17"_kj;
  if (action == "nameserver") return "turned to the suite's resolver"_kj;
  if (action == "ask") return "put to a person"_kj;
  return "undecided"_kj;
}

}  // namespace portreeve::rules
