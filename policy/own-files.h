// SPDX-License-Identifier: GPL-3.0-or-later
// The files that the suite keeps and that change as one with what they belong to: rules in their
// folder, users' in theirs, the chosen profile beside both.
#pragma once

#include "policy/durable-folder.h"
#include "policy/rule-files.h"

namespace portreeve::policy {

class OwnFiles {
public:
  OwnFiles(DurableFolder& rules, DurableFolder& users, DurableFolder& state)
      : rules(rules), users(users), state(state) {}

  // As those of DurableFolder.
  kj::Promise<void> make(FileChange change) {
    auto& folder = of(change.name);
    auto name = within(change.name);
    KJ_IF_MAYBE (content, change.content) return folder.replace(name, kj::mv(*content));
    return folder.remove(name);
  }
  void makeNow(FileChange change) {
    auto& folder = of(change.name);
    auto name = within(change.name);
    KJ_IF_MAYBE (content, change.content)
      folder.replaceNow(name, kj::mv(*content));
    else
      folder.removeNow(name);
  }
  kj::Maybe<FileContent> read(kj::StringPtr name) const { return of(name).read(within(name)); }
  kj::String fullPath(kj::StringPtr name) const { return of(name).fullPath(within(name)); }

private:
  DurableFolder& rules;
  DurableFolder& users;
  DurableFolder& state;

  DurableFolder& of(kj::StringPtr name) const {
    return isUsersFile(name) ? users : isRuleFile(name) ? rules : state;
  }
  static kj::StringPtr within(kj::StringPtr name) {
    return isUsersFile(name) ? name.slice(USERS_PREFIX.size()) : name;
  }
};

}  // namespace portreeve::policy
