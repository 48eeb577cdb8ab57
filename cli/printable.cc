// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/printable.h"

#include <kj/vector.h>

#include <cstdint>

namespace portreeve::cli {
namespace {

constexpr char HEX[] = "0123456789abcdef";

struct Decoded {
  uint32_t character;
  size_t length;  // 0: no UTF-8 here
};

Decoded decodeAt(kj::ArrayPtr<const char> text) {
  // RFC 3629, 4: no overlong forms, no surrogates, nothing above U+10FFFF.
  auto byte = [&](size_t i) { return uint8_t(text[i]); };
  auto follows = [&](size_t i) { return i < text.size() && (byte(i) & 0xc0) == 0x80; };
  uint8_t first = byte(0);
  if (first < 0x80) return {first, 1};
  if (first >= 0xc2 && first < 0xe0 && follows(1))
    return {uint32_t(first & 0x1f) << 6 | (byte(1) & 0x3fu), 2};
  if (first >= 0xe0 && first < 0xf0 && follows(1) && follows(2)) {
    uint32_t value = uint32_t(first & 0x0f) << 12 | (byte(1) & 0x3fu) << 6 | (byte(2) & 0x3fu);
    if (value >= 0x800 && (value < 0xd800 || value > 0xdfff)) return {value, 3};
  }
  if (first >= 0xf0 && first < 0xf5 && follows(1) && follows(2) && follows(3)) {
    uint32_t value = uint32_t(first & 0x07) << 18 | (byte(1) & 0x3fu) << 12 |
                     (byte(2) & 0x3fu) << 6 | (byte(3) & 0x3fu);
    if (value >= 0x10000 && value <= 0x10ffff) return {value, 4};
  }
  return {0, 0};
}

bool isHarmless(uint32_t character) {
  if (character < 0x20 || (character >= 0x7f && character < 0xa0)) return false;
  bool turnsDirection = (character >= 0x202a && character <= 0x202e) ||
                        (character >= 0x2066 && character <= 0x2069) || character == 0x200e ||
                        character == 0x200f;
  return !turnsDirection;
}

}  // namespace

kj::String printable(kj::StringPtr text) {
  kj::Vector<char> result(text.size() + 1);
  for (size_t i = 0; i < text.size();) {
    auto decoded = decodeAt(text.asArray().slice(i, text.size()));
    size_t length = kj::max(decoded.length, size_t(1));
    bool harmless = decoded.length > 0 && isHarmless(decoded.character);
    for (char c : text.asArray().slice(i, i + length)) {
      if (harmless) {
        result.add(c);
      } else {
        result.addAll("\\x"_kj);
        result.add(HEX[uint8_t(c) >> 4]);
        result.add(HEX[uint8_t(c) & 15]);
      }
    }
    i += length;
  }
  result.add('\0');
  return kj::String(result.releaseAsArray());
}

size_t columns(kj::StringPtr text) {
  size_t count = 0;
  for (char c : text)
    if ((uint8_t(c) & 0xc0) != 0x80) count++;
  return count;
}

kj::String shortened(kj::StringPtr text, size_t mostColumns) {
  if (columns(text) <= mostColumns) return kj::str(text);
  size_t seen = 0;
  for (size_t i = 0; i < text.size(); i++)
    if ((uint8_t(text[i]) & 0xc0) != 0x80 && ++seen == mostColumns)
      return kj::str(text.slice(0, i), "…");
  return kj::str("…");
}

}  // namespace portreeve::cli
