// SPDX-License-Identifier: GPL-3.0-or-later
// From the sources of one list to its compiled file.
#pragma once

#include "common/settings.h"

#include <kj/string.h>

#include <cstdint>

namespace portreeve::lists {

struct Compiled {
  uint64_t names = 0;
  uint64_t notUnderstood = 0;  // lines
  kj::String firstNotUnderstood;
  kj::Vector<kj::String> problems;  // sources of which an older copy was taken
};

Compiled compile(const Settings::List& list, kj::StringPtr folder, uint64_t now, bool insist);
// Fetches each source, and replaces folder/NAME.names atomically. Throws FAILED with the source and
// the reason when one can be had from nowhere: the list that was there stays then. A list of no
// name at all is refused too: a source that has become an error page must not open what was closed.

}  // namespace portreeve::lists
