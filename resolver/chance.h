// SPDX-License-Identifier: GPL-3.0-or-later
// Random numbers that nobody can foretell (getrandom(2)), drawn many at once.
#pragma once

#include <cstddef>
#include <cstdint>

namespace portreeve::resolver {

class Chance {
public:
  uint16_t u16() { return uint16_t(u64()); }
  uint64_t u64();

private:
  uint64_t drawn[64];
  size_t left = 0;
};

Chance& chance();  // this thread's

}  // namespace portreeve::resolver
