// SPDX-License-Identifier: GPL-3.0-or-later
// The files that the suite keeps and that change as one with what they belong to: rules in their
// folder, the chosen profile beside it.
#pragma once

#include "policy/durable-folder.h"
#include "policy/rule-files.h"

namespace portreeve::policy {

class OwnFiles {
public:
  OwnFiles(DurableFolder& rules, DurableFolder& state) : rules(rules), state(state) {}

  // As those of DurableFolder.
  kj::Promise<void> make(FileChange change) {
    auto& folder = of(change.name);
    KJ_IF_MAYBE (content, change.content) return folder.replace(change.name, kj::mv(*content));
    return folder.remove(change.name);
  }
  void makeNow(FileChange change) {
    auto& folder = of(change.name);
    KJ_IF_MAYBE (content, change.content)
      folder.replaceNow(change.name, kj::mv(*content));
    else
      folder.removeNow(change.name);
  }
  kj::Maybe<FileContent> read(kj::StringPtr name) const { return of(name).read(name); }
  kj::String fullPath(kj::StringPtr name) const { return of(name).fullPath(name); }

private:
  DurableFolder& rules;
  DurableFolder& state;

  DurableFolder& of(kj::StringPtr name) const { return isRuleFile(name) ? rules : state; }
};

}  // namespace portreeve::policy
