// SPDX-License-Identifier: GPL-3.0-or-later
// What is ours in the text of iptables-save, and the texts that put ours in anew or take it out,
// given what is there now. Pure functions.
#pragma once

#include "interceptor/keeper/ruleset.h"

#include <kj/string.h>
#include <kj/vector.h>

namespace portreeve::keeper {

struct SavedRule {
  // In iptables-save's spelling.
  kj::String table;
  kj::String chain;
  kj::String text;    // "-A C17 -j …"
  bool ours = false;  // stands in a chain of ours, not in one of the host's

  bool operator==(const SavedRule& other) const {
    return table == other.table && text == other.text;
  }
};

struct OwnRules {
  // Of one family, in the order in which they were saved; no counters.
  struct Chain {
    kj::String table;
    kj::String name;
    bool operator==(const Chain& other) const { return table == other.table && name == other.name; }
  };
  kj::Vector<Chain> chains;
  kj::Vector<SavedRule> rules;    // all in our chains, and what leads to them or turns our marks
  kj::Vector<SavedRule> inFront;  // others' rules in filter and nat that stand before ours

  static OwnRules in(kj::StringPtr save);
  bool empty() const { return chains.empty() && rules.empty(); }
  bool operator==(const OwnRules& other) const;
};

kj::String restoreText(const Ruleset& ruleset, const OwnRules& present);
// For iptables-restore --noflush: after it exactly `ruleset` is there, in its place, whatever of
// ours `present` holds; nothing of anybody else's is touched.

kj::String removalText(const OwnRules& present);
// Takes out all that `present` holds. Empty where there is nothing.

kj::String describeChange(const OwnRules& expected, const OwnRules& found);
// In words, for a person: "filter: 3 of 20 lines are gone (-A C17 …); mangle: 1 line was added
// (…)".

}  // namespace portreeve::keeper
