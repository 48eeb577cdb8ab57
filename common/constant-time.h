// SPDX-License-Identifier: GPL-3.0-or-later
// Comparing secrets: takes the same time wherever two of one length differ.
#pragma once

#include <kj/common.h>

namespace portreeve {

inline bool constantTimeEqual(kj::ArrayPtr<const kj::byte> a, kj::ArrayPtr<const kj::byte> b) {
  if (a.size() != b.size()) return false;
  volatile kj::byte difference = 0;  // volatile: the compiler may not leave the loop early
  for (size_t i = 0; i < a.size(); i++) difference = kj::byte(difference | (a[i] ^ b[i]));
  return difference == 0;
}

inline bool constantTimeEqual(kj::ArrayPtr<const char> a, kj::ArrayPtr<const char> b) {
  return constantTimeEqual(a.asBytes(), b.asBytes());
}

}  // namespace portreeve
