// SPDX-License-Identifier: GPL-3.0-or-later
// A hash of tuples that nobody outside can foresee: addresses and ports of arriving packets are
// chosen by strangers, who could otherwise choose them all into one bucket.
#pragma once

#include "common/tuple.h"

#include <sys/random.h>

#include <cstddef>
#include <cstdint>

namespace portreeve::policy {

class TupleHash {
  // Folded 128-bit products with secrets of this process.
public:
  size_t operator()(const Tuple& tuple) const {
    static const Secrets secrets;
    uint64_t ports =
        uint64_t(tuple.protocol) << 32 | uint64_t(tuple.sourcePort) << 16 | tuple.destinationPort;
    uint64_t ends =
        fold(tuple.source.upper() ^ secrets.values[0], tuple.source.lower() ^ secrets.values[1]);
    ends = fold(ends ^ tuple.destination.upper() ^ secrets.values[2],
                tuple.destination.lower() ^ secrets.values[3]);
    return fold(ends ^ secrets.values[4], ports ^ secrets.values[5]);
  }

private:
  struct Secrets {
    uint64_t values[6]{};
    Secrets() { (void)!getrandom(values, sizeof values, 0); }
  };

  static uint64_t fold(uint64_t a, uint64_t b) {
    __extension__ using Wide = unsigned __int128;
    Wide product = Wide(a) * b;
    return uint64_t(product) ^ uint64_t(product >> 64);
  }
};

}  // namespace portreeve::policy
