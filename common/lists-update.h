// SPDX-License-Identifier: GPL-3.0-or-later
// The newest run of portreeve-lists, as it tells of itself in its folder: a line a fact.
#pragma once

#include <kj/common.h>
#include <kj/string.h>
#include <kj/vector.h>

namespace portreeve {

constexpr kj::StringPtr LISTS_WANTED = "lists-wanted"_kj;
// The file that policy writes when one is asked for; portreeve-lists.path and `up` watch for it.

struct ListsUpdate {
  kj::String started;               // RFC 3339
  kj::String ended;                 // empty: it runs, or was killed
  kj::Vector<kj::String> problems;  // one line each, at most 100; none: every list was made

  kj::String toText() const;
  static ListsUpdate parse(kj::StringPtr text);
  // What is not understood is left out: it is read by those who trust its writer least.

  void write(kj::StringPtr folder) const;  // atomically; throws FAILED
  static kj::Maybe<ListsUpdate> read(kj::StringPtr folder);
  // nullptr: there was none yet, or it cannot be read.
};

}  // namespace portreeve
