// SPDX-License-Identifier: GPL-3.0-or-later
#include "attributor/printable.h"

#include <kj/array.h>
#include <kj/vector.h>

#include <algorithm>
#include <cstdint>

namespace portreeve::attributor {
namespace {

constexpr kj::StringPtr CUT = "…"_kj;

struct Character {
  uint32_t code;
  size_t bytes;  // 0: no UTF-8 here
};

Character characterAt(kj::ArrayPtr<const kj::byte> raw, size_t at) {
  constexpr Character NONE{0, 0};
  kj::byte first = raw[at];
  if (first < 0x80) return {first, 1};
  size_t bytes = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || at + bytes > raw.size()) return NONE;
  uint32_t code = first & (0x7fu >> bytes);
  for (size_t i = 1; i < bytes; i++) {
    if ((raw[at + i] & 0xc0) != 0x80) return NONE;
    code = code << 6 | (raw[at + i] & 0x3fu);
  }
  bool overlong = (bytes == 3 && code < 0x800) || (bytes == 4 && code < 0x10000);
  bool surrogate = code >= 0xd800 && code <= 0xdfff;
  return overlong || surrogate || code > 0x10ffff ? NONE : Character{code, bytes};
}

bool isHarmless(uint32_t code) {
  if (code < 0x20 || (code >= 0x7f && code < 0xa0)) return false;
  bool turnsDirection =
      (code >= 0x202a && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069) || code == 0x061c;
  bool breaksLine = code == 0x2028 || code == 0x2029;
  return !turnsDirection && !breaksLine;
}

class Writer {
public:
  explicit Writer(size_t maxBytes) : left(maxBytes) {}

  bool copy(kj::ArrayPtr<const kj::byte> bytes) {
    if (bytes.size() > left) return false;
    left -= bytes.size();
    for (kj::byte b : bytes) text.add(char(b));
    return true;
  }
  bool escape(kj::ArrayPtr<const kj::byte> bytes) {
    constexpr char DIGITS[] = "0123456789abcdef";
    if (bytes.size() * 4 > left) return false;
    left -= bytes.size() * 4;
    for (kj::byte b : bytes)
      for (char c : {'\\', 'x', DIGITS[b >> 4], DIGITS[b & 0xf]}) text.add(c);
    return true;
  }
  kj::String finish() {
    text.add('\0');
    return kj::String(text.releaseAsArray());
  }

private:
  kj::Vector<char> text;
  size_t left;
};

bool write(kj::ArrayPtr<const kj::byte> raw, Writer& writer) {
  for (size_t at = 0; at < raw.size();) {
    auto character = characterAt(raw, at);
    size_t bytes = kj::max(character.bytes, size_t(1));
    auto piece = raw.slice(at, at + bytes);
    bool plain = character.bytes > 0 && isHarmless(character.code);
    if (!(plain ? writer.copy(piece) : writer.escape(piece))) return false;
    at += bytes;
  }
  return true;
}

bool isPlain(kj::ArrayPtr<const kj::byte> raw, size_t maxBytes) {
  // Printable ASCII that fits: nearly every text is.
  return raw.size() <= maxBytes &&
         std::all_of(raw.begin(), raw.end(), [](kj::byte b) { return b >= 0x20 && b < 0x7f; });
}

kj::String asIs(kj::ArrayPtr<const kj::byte> raw) {
  return kj::heapString(raw.asChars());
}

}  // namespace

kj::String printable(kj::ArrayPtr<const kj::byte> raw, size_t maxBytes) {
  if (isPlain(raw, maxBytes)) return asIs(raw);
  Writer writer(maxBytes);
  write(raw, writer);
  return writer.finish();
}

kj::String markedPrintable(kj::ArrayPtr<const kj::byte> raw, size_t maxBytes) {
  if (isPlain(raw, maxBytes)) return asIs(raw);
  Writer whole(maxBytes);
  if (write(raw, whole)) return whole.finish();
  return kj::str(printable(raw, maxBytes - CUT.size()), CUT);
}

kj::String wholePrintable(kj::ArrayPtr<const kj::byte> raw, size_t maxBytes) {
  if (isPlain(raw, maxBytes)) return asIs(raw);
  Writer writer(maxBytes);
  return write(raw, writer) ? writer.finish() : kj::String();
}

kj::String commandLineOf(kj::ArrayPtr<const kj::byte> raw, size_t maxBytes) {
  // Each argument ends with a zero; a process that wrote over its arguments may have left many.
  size_t end = raw.size();
  while (end > 0 && raw[end - 1] == 0) end--;
  auto joined = kj::heapArray<kj::byte>(raw.slice(0, end));
  for (auto& b : joined)
    if (b == 0) b = ' ';
  return markedPrintable(joined, maxBytes);
}

}  // namespace portreeve::attributor
