// SPDX-License-Identifier: GPL-3.0-or-later
#include "policy/toml-text.h"

#include <kj/vector.h>

#include <cstdint>

namespace portreeve::policy {
namespace {

constexpr char HEX[] = "0123456789abcdef";

}  // namespace

kj::String quoted(kj::StringPtr text) {
  kj::Vector<char> result;
  result.add('"');
  for (char c : text) {
    bool special = c == '"' || c == '\\' || uint8_t(c) < 0x20 || c == 0x7f;
    if (!special) {
      result.add(c);
    } else if (c == '\n') {
      result.addAll("\\n"_kj);
    } else {
      result.addAll("\\u00"_kj);
      result.add(HEX[uint8_t(c) >> 4]);
      result.add(HEX[uint8_t(c) & 15]);
    }
  }
  result.add('"');
  return kj::heapString(result.begin(), result.size());
}

}  // namespace portreeve::policy
