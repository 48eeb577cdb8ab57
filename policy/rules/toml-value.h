// SPDX-License-Identifier: GPL-3.0-or-later
// toml++ as the parser sees it: texts as KJ's, and a complaint for each place in the file. Include
// from the parser's own .cc files alone: toml++ is slow to compile.
#pragma once

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
  // Collects what is wrong with one file.
public:
  Complaints(kj::StringPtr file, kj::Vector<Problem>& problems) : file(file), problems(problems) {}

  void at(const toml::source_region& where, kj::String reason) {
    problems.add(Problem{kj::str(file), where.begin.line, where.begin.column, kj::mv(reason)});
  }

private:
  kj::StringPtr file;
  kj::Vector<Problem>& problems;
};

}  // namespace portreeve::rules
