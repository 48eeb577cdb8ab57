// SPDX-License-Identifier: GPL-3.0-or-later
// Settings and rules, validated by the very code that the daemons use, without a running suite.
#pragma once

#include "common/accounts.h"
#include "common/directories.h"
#include "common/settings.h"
#include "policy/rules/rule-set.h"

#include <kj/string.h>
#include <kj/vector.h>

#include <string>
#include <vector>

namespace portreeve::cli {

struct CheckReport {
  kj::Vector<kj::String> errors;    // "file:line:column: reason": would not be put in force
  kj::Vector<kj::String> warnings;  // legal, and surely not meant
  size_t files = 0;
  size_t rules = 0;
};

struct GatheredRules {
  // What there is to read, not yet understood.
  Settings settings;
  bool settingsRead = false;  // else nothing is known of profiles
  kj::String listFolder;      // of compiled lists
  kj::Vector<rules::RuleSource> sources;
  kj::Vector<kj::String> errors;
  kj::Vector<kj::String> warnings;
  size_t files = 0;
};

GatheredRules gatherConfiguration(const Directories& directories);
GatheredRules gatherFiles(kj::ArrayPtr<const kj::String> paths);
// As the two below.
rules::RuleOptions optionsOf(const GatheredRules& gathered, const UserNames& users);
// Borrows from both.

CheckReport checkConfiguration(const Directories& directories);
// Settings, the administrator's rules and the suite's own, as one set.

CheckReport checkFiles(const std::vector<std::string>& paths);
// Each: a file of rules, a folder of them, or a settings file (one named portreeve.toml). The rules
// of all are taken as one set.

}  // namespace portreeve::cli
