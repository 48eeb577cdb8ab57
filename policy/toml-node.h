// SPDX-License-Identifier: GPL-3.0-or-later
// A value of TOML as it is written.
#pragma once

#include "policy/toml-text.h"

#define TOML_HEADER_ONLY 0
#include <toml++/toml.h>

#include <kj/string.h>

#include <sstream>

namespace portreeve::policy {

inline kj::String textOf(const toml::node& node) {
  if (auto* word = node.as_string()) return quoted(word->get().c_str());
  std::ostringstream text;
  node.visit([&](auto& value) { text << value; });
  return kj::str(text.str().c_str());
}

}  // namespace portreeve::policy
