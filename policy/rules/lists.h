// SPDX-License-Identifier: GPL-3.0-or-later
// The compiled lists of names that rules use (`list = "ads"`): each mapped once for all rules of a
// set.
#pragma once

#include "common/name-list.h"

#include <kj/memory.h>
#include <kj/refcount.h>
#include <kj/string.h>
#include <kj/vector.h>

namespace portreeve::rules {

struct SharedList final : public kj::Refcounted {
  kj::String title;
  kj::Maybe<kj::Own<NameList>> names;  // nullptr: it is not there (yet), and lists nothing
};

class Lists {
public:
  explicit Lists(kj::StringPtr folder) : folder(kj::str(folder)) {}
  KJ_DISALLOW_COPY(Lists);

  kj::Own<SharedList> use(kj::StringPtr title);

  kj::Vector<kj::String> takeMissing() { return kj::mv(missing); }
  // A line for each list that was used and cannot be: "list \"ads\": /…/ads.names: reason".

  static bool isTitle(kj::StringPtr text);  // letters, digits, "-" and "_"

private:
  kj::String folder;
  kj::Vector<kj::Own<SharedList>> used;
  kj::Vector<kj::String> missing;
};

}  // namespace portreeve::rules
