// SPDX-License-Identifier: GPL-3.0-or-later
// What `rule add` and `rule remove` do to the suite's own files: planned here, made by the store.
#pragma once

#include "common/accounts.h"
#include "policy/own-files.h"
#include "policy/rule-files.h"
#include "policy/rules/rule-set.h"

#include <kj/string.h>
#include <kj/vector.h>

namespace portreeve::policy {

struct ChangeContext {
  const rules::RuleSet& inForce;
  kj::ArrayPtr<const rules::RuleSource> current;  // as the files are now
  const OwnFiles& own;
  kj::StringPtr ownFolder;  // of the suite
  KeptBy whose;
  const UserNames& users;
  uint64_t startedNs;  // as in rules::RuleOptions
  uint64_t nowWallNs;
};

struct Addition {
  kj::Vector<FileChange> changes;
  kj::String firstRule;  // its name
};

Addition planAddition(const ChangeContext& context, kj::StringPtr toml);
// One file with all of `toml`. A rule of the suite's own that has ended gives its name away. Throws
// FAILED in words: bad TOML (with its place), no rule, a name that is there already.

kj::Vector<FileChange> planRemoval(const ChangeContext& context, kj::StringPtr name);
// Throws FAILED in words where it is nobody's rule, or none of those that are kept so (with its
// place, unless a user asks).

struct Replacement {
  kj::Vector<FileChange> changes;
  kj::String rule;  // its name from now on
};

Replacement planReplacement(const ChangeContext& context, kj::StringPtr name, kj::StringPtr toml);
// The rule's text within its file. Throws FAILED in words: as planAddition and planRemoval, and
// where `toml` is not one rule.

kj::Vector<FileChange> planMove(const ChangeContext& context, kj::StringPtr name,
                                kj::StringPtr before);
// The rule gets a file of its own right before the other rule (empty: behind all); a file that
// holds rules on both sides of that place is parted. No file gets another time, so that rules end
// when they would have. Throws FAILED in words.

kj::String allLines(kj::ArrayPtr<const rules::Problem> problems);  // "file:line:column: …\n…"

}  // namespace portreeve::policy
