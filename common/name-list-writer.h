// SPDX-License-Identifier: GPL-3.0-or-later
// Makes the file that name-list.h reads. Used by `portreeve-lists`, and by tests.
#pragma once

#include "common/name-list-format.h"

#include <kj/common.h>
#include <kj/string.h>

#include <cstdint>
#include <string_view>
#include <vector>

namespace portreeve {

class NameListWriter {
public:
  explicit NameListWriter(kj::StringPtr title);
  // Draws a random key (getrandom(2)). `title`: letters, digits, '-' and '_', at most 63.
  KJ_DISALLOW_COPY(NameListWriter);

  void add(std::string_view name, uint64_t kinds);
  // `name` as for NameList::find; `kinds` of name-list-format.h. A name that is added again gets
  // both kinds. Names of more than 127 labels are left out.

  size_t size() const { return entries.size(); }  // added so far, repetitions included

  uint64_t write(kj::StringPtr file, uint64_t madeAt);
  // Atomically: into a file beside it, synced, then renamed over it; mode 0644. Returns the number
  // of different names. Throws FAILED with the file and the reason; what was there stays then.

private:
  name_list::Header header;
  std::vector<uint64_t> entries;

  void merge();
  std::vector<name_list::Bucket> fill();
};

}  // namespace portreeve
