// SPDX-License-Identifier: GPL-3.0-or-later
// The rules that users keep for their own programs, each user's with an index of their own: nobody
// else's flow ever meets them.
#pragma once

#include "policy/rules/rule-index.h"
#include "policy/rules/rule.h"

#include <kj/array.h>

#include <cstdint>
#include <unordered_map>

namespace portreeve::rules {

class UsersRules {
public:
  struct Own {
    kj::ArrayPtr<const Rule> rules;  // in order
    RuleIndex flows;
    RuleIndex unnamed;  // where no name is known yet
    RuleIndex names;    // at the DNS stage
  };

  UsersRules(kj::ArrayPtr<const Rule> all, RuleIndex::Includes judgesNames);
  // `all` outlives it; those of one user stand together in it.

  const Own* of(const FlowFacts& facts) const {
    // Of the user whose process the flow is; nullptr: he keeps none, or is not known.
    if (users.empty() || !facts.known.user) return nullptr;
    KJ_IF_MAYBE (uid, facts.process.uid) {
      auto found = users.find(*uid);
      if (found != users.end()) return &found->second;
    }
    return nullptr;
  }

private:
  std::unordered_map<uint32_t, Own> users;
};

}  // namespace portreeve::rules
