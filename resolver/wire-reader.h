// SPDX-License-Identifier: GPL-3.0-or-later
// Reads big-endian numbers from a message that may end anywhere. Reading past the end gives zeros
// and makes `ok` false for good, so that a caller may read a whole structure and ask once.
#pragma once

#include <kj/array.h>
#include <kj/common.h>

#include <cstdint>

namespace portreeve::resolver {

class WireReader {
public:
  explicit WireReader(kj::ArrayPtr<const kj::byte> message, size_t at = 0)
      : whole(message), position(at) {}

  uint8_t u8() { return has(1) ? whole[position++] : 0; }
  uint16_t u16() {
    uint16_t high = u8();
    return uint16_t(high << 8 | u8());
  }
  uint32_t u32() {
    uint32_t high = u16();
    return high << 16 | u16();
  }
  kj::ArrayPtr<const kj::byte> bytes(size_t count) {
    if (!has(count)) return nullptr;
    position += count;
    return whole.slice(position - count, position);
  }

  bool ok() const { return good; }
  void fail() { good = false; }
  size_t at() const { return position; }
  void moveTo(size_t where) { position = where; }
  size_t left() const { return position < whole.size() ? whole.size() - position : 0; }
  kj::ArrayPtr<const kj::byte> message() const { return whole; }

private:
  kj::ArrayPtr<const kj::byte> whole;
  size_t position;
  bool good = true;

  bool has(size_t count) {
    if (!good || left() < count) good = false;
    return good;
  }
};

}  // namespace portreeve::resolver
