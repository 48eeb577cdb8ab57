// SPDX-License-Identifier: GPL-3.0-or-later
// How long deciding took: a histogram of fixed size whose buckets grow with the value, so that
// every percentile is right to within an eighth.
#pragma once

#include <cstddef>
#include <cstdint>

namespace portreeve::policy {

class EvaluationTime {
public:
  void record(uint64_t nanoseconds);
  double percentileUs(unsigned percent) const;
  // Microseconds that so many of a hundred did not exceed; 0 when nothing was recorded.

private:
  static constexpr size_t PARTS = 8;             // buckets to each power of two
  static constexpr size_t BUCKETS = 40 * PARTS;  // up to 18 minutes
  uint64_t buckets[BUCKETS]{};
  uint64_t recorded = 0;
};

}  // namespace portreeve::policy
