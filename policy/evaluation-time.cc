// SPDX-License-Identifier: GPL-3.0-or-later
#include "policy/evaluation-time.h"

#include <algorithm>
#include <bit>

namespace portreeve::policy {

void EvaluationTime::record(uint64_t nanoseconds) {
  uint64_t value = std::max<uint64_t>(nanoseconds, PARTS);
  unsigned power = unsigned(std::bit_width(value)) - 1;
  size_t part = value >> (power - 3) & (PARTS - 1);
  buckets[std::min(size_t(power) * PARTS + part, BUCKETS - 1)]++;
  recorded++;
}

double EvaluationTime::percentileUs(unsigned percent) const {
  if (recorded == 0) return 0;
  uint64_t wanted = std::max<uint64_t>(1, (recorded * percent + 99) / 100);
  uint64_t seen = 0;
  for (size_t bucket = 0; bucket < BUCKETS; bucket++) {
    seen += buckets[bucket];
    if (seen < wanted) continue;
    unsigned power = unsigned(bucket / PARTS);
    uint64_t upper = (PARTS + bucket % PARTS + 1) << (power < 3 ? 0 : power - 3);
    return double(upper) / 1000;
  }
  return 0;
}

}  // namespace portreeve::policy
