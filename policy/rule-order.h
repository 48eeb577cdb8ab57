// SPDX-License-Identifier: GPL-3.0-or-later
// The suite's own rule files in the order they are asked, and a rule's way to another place in it.
#pragma once

#include "policy/rule-files.h"
#include "policy/rules/rule.h"

#include <kj/string.h>
#include <kj/vector.h>

namespace portreeve::policy {

class RuleOrder {
public:
  RuleOrder(kj::ArrayPtr<const rules::RuleSource> sources, kj::StringPtr ownFolder);
  // `sources` in name order; those of the administrator are not looked at.

  void move(const rules::Rule& rule, const rules::Rule& before);
  void moveLast(const rules::Rule& rule);
  // The rule, of one of these files, gets a file of its own. Once each. Throws FAILED where a file
  // is not as it was when the rule was read.

  kj::Vector<FileChange> changes() const;
  // What has to be written and taken away. Files keep their names where a number is free for those
  // that are new; else all are numbered anew. Each keeps its time.

private:
  struct File {
    kj::String name;   // empty: it has none yet
    kj::String title;  // of a new one
    kj::String text;
    uint64_t writtenNs;
  };
  kj::Vector<File> files;   // as they are to be
  kj::Vector<File> before;  // as they are

  size_t indexOf(const rules::Rule& rule) const;
  File takeOut(const rules::Rule& rule);
  void insert(size_t index, File file);
  kj::Vector<kj::String> names() const;
  bool nameNew(kj::Vector<kj::String>& names) const;
};

}  // namespace portreeve::policy
