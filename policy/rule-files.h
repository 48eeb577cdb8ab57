// SPDX-License-Identifier: GPL-3.0-or-later
// The rule files of both folders: reading them all, and the changes that are made to the suite's
// own.
#pragma once

#include "policy/durable-folder.h"
#include "policy/rules/rule.h"
#include "policy/rules/source.h"

#include <kj/string.h>
#include <kj/vector.h>

namespace portreeve::policy {

struct RuleFolders {
  kj::String administrator;  // $CONFIGURATION_DIRECTORY/rules.d: read alone
  kj::String own;            // $STATE_DIRECTORY/policy/rules.d: the suite's own
  kj::String users;          // $STATE_DIRECTORY/policy/users.d: users' own, "1000-0010-….toml"
  kj::String lists;     // $STATE_DIRECTORY/lists: compiled lists, read alone; may be empty text
  kj::String settings;  // portreeve.toml: [policy] is read from it again
};

using RuleSources = kj::Vector<rules::RuleSource>;

rules::FolderContent readRuleFiles(const RuleFolders& folders);
// The administrator's, then the suite's own, then users', each in name order. Missing folders have
// none.

kj::String fingerprint(const RuleFolders& folders);
// Differs when a file came, went or was changed (name, inode, size, time): cheaper than reading.

kj::String fingerprintOfLists(const RuleFolders& folders);
// Of the compiled lists alone.

bool same(kj::ArrayPtr<const rules::RuleSource> a, kj::ArrayPtr<const rules::RuleSource> b);
RuleSources copyOf(kj::ArrayPtr<const rules::RuleSource> sources);

constexpr kj::StringPtr CHOICE_FILE = "chosen-profile.toml"_kj;
// Which profile somebody chose: no file of rules, and not in their folder, but changed like one.
constexpr kj::StringPtr SETTINGS_FILE = "settings.toml"_kj;
// The same of [policy] (settings-in-force.h).
inline bool isRuleFile(kj::StringPtr name) {
  return name != CHOICE_FILE && name != SETTINGS_FILE;
}
constexpr kj::StringPtr USERS_PREFIX = "users.d/"_kj;
// What their folder, beside the suite's own, is called.
inline bool isUsersFile(kj::StringPtr name) {
  return name.startsWith(USERS_PREFIX);
}

struct KeptBy {
  // Whose rules are changed: the administrator's, kept by the suite, or a user's own.
  kj::Maybe<uint32_t> user = nullptr;

  rules::Layer layer() const { return user == nullptr ? rules::Layer::SUITE : rules::Layer::USER; }
  bool owns(const rules::Rule& rule) const { return owns(rule.layer, rule.user); }
  bool owns(const rules::RuleSource& source) const { return owns(source.layer, source.user); }
  kj::String changeName(kj::StringPtr path) const;  // of FileChange

private:
  bool owns(rules::Layer of, uint32_t uid) const {
    return of == layer() && (user == nullptr || uid == user.orDefault(0));
  }
};

struct FileChange {
  kj::String name;  // within the suite's own folder; USERS_PREFIX and one of users'; CHOICE_FILE;
                    // SETTINGS_FILE
  kj::Maybe<FileContent> content;  // nullptr: taken away
};

RuleSources changed(kj::ArrayPtr<const rules::RuleSource> sources,
                    kj::ArrayPtr<const FileChange> changes, kj::StringPtr ownFolder,
                    uint64_t nowWallNs);
// `sources` as they will be after the changes.

kj::String nextFileName(kj::ArrayPtr<const rules::RuleSource> sources, const KeptBy& whose,
                        kj::StringPtr ruleName);
// Of FileChange, behind all others of his in name order: "0020-by-hand.toml",
// "users.d/1000-0020-by-hand.toml".

kj::StringPtr fileName(kj::StringPtr path);  // the last component

kj::String withoutRule(kj::StringPtr text, const rules::Rule& rule);
// A file's text without one of its rules; empty where nothing but comments is left. Throws FAILED
// when `text` has changed since the rule was read from it.

kj::String withRule(kj::StringPtr text, const rules::Rule& rule, kj::StringPtr instead);
// The same with other lines at the rule's place.

kj::Array<kj::String> partedAt(kj::StringPtr text, uint32_t line);
// The lines before it (from 1), and the rest.

kj::String numberedName(unsigned long number, kj::StringPtr ruleName);  // "0020-by-hand.toml"

}  // namespace portreeve::policy
