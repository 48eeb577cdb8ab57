// SPDX-License-Identifier: GPL-3.0-or-later
// Rule files before they are understood, and what is wrong with them.
#pragma once

#include "policy/rules/rule.h"

#include <kj/string.h>
#include <kj/vector.h>

#include <cstdint>

namespace portreeve::rules {

struct RuleSource {
  kj::String file;  // as shown to people
  kj::String text;
  Layer layer = Layer::SUITE;
  uint64_t writtenNs = 0;  // wall clock, when the file was last changed: `for` counts from here
  uint32_t user = 0;       // of layer USER
};

struct Problem {
  kj::String file;
  uint32_t line = 0;    // from 1; 0 where it has no place in the file
  uint32_t column = 0;  // from 1, in characters
  kj::String reason;    // what is wrong and what to do

  kj::String toString() const;  // "file:line:column: reason"
};

void sortByPlace(kj::Vector<Problem>& problems);
// Of one file: by line, then column; those of one place stay in their order.

struct FolderContent {
  kj::Vector<RuleSource> sources;
  kj::Vector<Problem> problems;
  kj::Vector<Problem> ofUsers;  // likewise; for these nobody else's rules are held up
};

FolderContent readFolder(kj::StringPtr path, Layer layer);
// All *.toml of a folder in name order (byte order); a folder that is missing has none. Files that
// cannot be read, are no regular file, are over 1 MiB or not UTF-8 are problems.

kj::Maybe<RuleSource> readFile(kj::StringPtr path, Layer layer, kj::Vector<Problem>& problems);

}  // namespace portreeve::rules
