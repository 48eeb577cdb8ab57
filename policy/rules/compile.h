// SPDX-License-Identifier: GPL-3.0-or-later
// From the sources to the rules of a set: which rules are in it, in which order. The mode leaves
// people's rules out and puts its own last; what is switched off is left out.
#pragma once

#include "policy/rules/geography.h"
#include "policy/rules/rule-options.h"
#include "policy/rules/rule.h"
#include "policy/rules/source.h"

#include <kj/array.h>
#include <kj/memory.h>
#include <kj/vector.h>

namespace portreeve::rules {

struct Compiled {
  kj::Vector<Rule> rules;  // the last one has no operands; none counts where there are problems
  kj::Own<Geography> geography = kj::refcounted<Geography>();  // that the rules ask
  kj::Vector<Problem> problems;                                // in file order
  kj::Vector<Problem> ofUsers;     // of sources of layer USER, which are left out then
  kj::Vector<kj::String> missing;  // lists that rules use and that are not there, a line each
};

Compiled compile(kj::ArrayPtr<const RuleSource> sources, const RuleOptions& options);
// Sources as RuleSet::load takes them. Never throws for what a file says.

}  // namespace portreeve::rules
