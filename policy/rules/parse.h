// SPDX-License-Identifier: GPL-3.0-or-later
// TOML text to rules. The language is docs/rules.md; this knows no order, no files, no layers'
// meaning.
#pragma once

#include "common/accounts.h"
#include "common/profile-settings.h"
#include "policy/rules/geography.h"
#include "policy/rules/lists.h"
#include "policy/rules/named-sets.h"
#include "policy/rules/rule.h"
#include "policy/rules/source.h"

#include <kj/vector.h>

namespace portreeve::rules {

struct ParseOptions {
  const UserNames& users;
  uint64_t startedNs = 0;           // `until = "restart"`: a source written before this has ended
  Lists* lists = nullptr;           // nullptr: lists are taken as not there
  Geography* geography = nullptr;   // nullptr: no databases
  const NamedSets* sets = nullptr;  // of all files; nullptr: the file's own, and what it names of
                                    // others' is passed over (the rules are not to be put in force)
  kj::Maybe<kj::ArrayPtr<const Profile>> profiles = nullptr;  // that there are; nullptr: any
  kj::Maybe<kj::ArrayPtr<const kj::String>> ways;             // that `way` may name; nullptr: any
};

struct ParsedRules {
  kj::Vector<Rule> rules;
  kj::Vector<Problem>
      problems;  // not empty: `rules` is what could be understood, not to be put in force
};

ParsedRules parse(const RuleSource& source, const ParseOptions& options);
// Pure. Layers BUILT_IN and DEFAULT may use the action "nameserver".

}  // namespace portreeve::rules
