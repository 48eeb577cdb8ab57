// SPDX-License-Identifier: GPL-3.0-or-later
// `portreeve check`: what is wrong with a set of files, and what is allowed but surely not meant.
#pragma once

#include "policy/rules/rule-set.h"

namespace portreeve::rules {

struct CheckResult {
  kj::Vector<Problem> errors;    // any: the set would not be put in force
  kj::Vector<Problem> warnings;  // legal, and proven: never decides, has ended, same name twice
  size_t rules = 0;              // people's rules that were understood
};

CheckResult check(kj::ArrayPtr<const RuleSource> sources, const RuleOptions& options,
                  uint64_t nowWallNs);
// Dead rules: a rule is said to be never reached only if one earlier, unexpiring rule provably
// matches each of its flows (operand by operand: Operand::covers). Several rules that cover it
// together are not found; nothing is said then.

}  // namespace portreeve::rules
