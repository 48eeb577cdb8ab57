// SPDX-License-Identifier: GPL-3.0-or-later
// toml++ as the parser sees it: texts as KJ's, and a complaint for each place in the file. Include
// from the parser's own .cc files alone: toml++ is slow to compile.
#pragma once

#include "policy/rules/named-sets.h"
#include "policy/rules/source.h"

#define TOML_HEADER_ONLY 0
#include <toml++/toml.h>

#include <kj/string.h>
#include <kj/vector.h>

#include <string>
#include <string_view>

namespace portreeve::rules {

inline kj::StringPtr toText(const std::string& text) {
  return {text.c_str(), text.size()};
}
inline kj::String copyText(std::string_view text) {
  return kj::heapString(text.data(), text.size());
}

class Complaints {
  // Collects what is wrong with one file, and knows the sets that it may name.
public:
  Complaints(kj::StringPtr file, kj::Vector<Problem>& problems, const NamedSets& sets)
      : file(file), problems(problems), sets(sets) {}

  void at(const toml::source_region& where, kj::String reason);
  // While a set's values are looked at: where it was named, and in which set the fault is.

  const toml::node* enterSet(kj::StringPtr name, const toml::node& namedAt);
  // Its value, until leaveSet; nullptr where there is none (which is complained about unless other
  // files may have it).
  void leaveSet() { within.removeLast(); }

private:
  struct Within {
    kj::String set;
    toml::source_region namedAt;
  };
  kj::StringPtr file;
  kj::Vector<Problem>& problems;
  const NamedSets& sets;
  kj::Vector<Within> within;
};

}  // namespace portreeve::rules
