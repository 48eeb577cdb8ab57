// SPDX-License-Identifier: GPL-3.0-or-later
// How long something took: a histogram of fixed size whose buckets grow with the value, so that
// every percentile is right to within an eighth.
#pragma once

#include <cstddef>
#include <cstdint>

namespace portreeve {

class Latency {
public:
  void record(uint64_t nanoseconds, uint64_t times = 1);

  uint64_t percentile(unsigned percent) const;
  // Nanoseconds that so many of a hundred did not exceed (the upper edge of their bucket); 0 when
  // nothing was recorded.

  uint64_t count() const { return recorded; }
  uint64_t longest() const { return most; }  // nanoseconds; exact

private:
  static constexpr size_t PARTS = 8;  // buckets to each power of two
  static constexpr size_t BUCKETS = 64 * PARTS;
  uint64_t buckets[BUCKETS]{};
  uint64_t recorded = 0;
  uint64_t most = 0;

  static size_t bucketOf(uint64_t nanoseconds);
  static uint64_t upperEdge(size_t bucket);
};

}  // namespace portreeve
