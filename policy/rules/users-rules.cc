// SPDX-License-Identifier: GPL-3.0-or-later
#include "policy/rules/users-rules.h"

namespace portreeve::rules {
namespace {

UsersRules::Own ownOf(kj::ArrayPtr<const Rule> rules, RuleIndex::Includes& judgesNames) {
  auto all = [](const Rule&) { return true; };
  return UsersRules::Own{rules, RuleIndex(rules, ALL_KEYS, all),
                         RuleIndex(rules, ALL_KEYS & ~NAME_KEYS, all),
                         RuleIndex(rules, ASKER_KEYS, judgesNames)};
}

}  // namespace

UsersRules::UsersRules(kj::ArrayPtr<const Rule> all, RuleIndex::Includes judgesNames) {
  for (size_t first = 0; first < all.size();) {
    size_t behind = first + 1;
    if (all[first].layer == Layer::USER) {
      uint32_t uid = all[first].user;
      while (behind < all.size() && all[behind].layer == Layer::USER && all[behind].user == uid)
        behind++;
      users.emplace(uid, ownOf(all.slice(first, behind), judgesNames));
    }
    first = behind;
  }
}

}  // namespace portreeve::rules
