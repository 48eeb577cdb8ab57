// SPDX-License-Identifier: GPL-3.0-or-later
// `portreeve check`: what is wrong with a set of files, and what is allowed but surely not meant.
#pragma once

#include "policy/rules/rule-set.h"

namespace portreeve::rules {

struct CheckResult {
  kj::Vector<Problem> errors;    // any: the set would not be put in force
  kj::Vector<Problem> warnings;  // legal, and proven: never decides, has ended, same name twice
  kj::Vector<kj::String> neverDecide;  // the names of those that never will, whatever the flow
  kj::Vector<kj::String> missing;      // lists that rules use and that are not there
  size_t rules = 0;                    // people's rules that were understood
};

CheckResult check(kj::ArrayPtr<const RuleSource> sources, const RuleOptions& options,
                  uint64_t nowWallNs);
// Nothing is guessed. A rule is said never to decide only where that is proven, in one of two ways:
//  - one earlier rule that does not end matches each of its flows: each operand of the earlier one
//    covers (Operand::covers) one of its own, alternative by alternative where it has any-of;
//  - it contradicts itself: it matches for no direction and protocol (three-valued, all other facts
//    unknown), or one of its `not` covers what it wants, or it wants a path of a kind without one.
// Not found: several earlier rules that cover it only together; operands of different keys that
// exclude each other (an address outside the scope beside it); regular expressions but equal ones.

}  // namespace portreeve::rules
