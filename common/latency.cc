// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/latency.h"

#include <bit>

namespace portreeve {

// Values below PARTS have a bucket each; from there on the highest bit names the power of two and
// the next three bits the part of it.
size_t Latency::bucketOf(uint64_t nanoseconds) {
  if (nanoseconds < PARTS) return size_t(nanoseconds);
  unsigned shift = unsigned(std::bit_width(nanoseconds)) - unsigned(std::bit_width(PARTS));
  return size_t(shift) * PARTS + size_t(nanoseconds >> shift);
}

uint64_t Latency::upperEdge(size_t bucket) {
  if (bucket < 2 * PARTS) return bucket;
  size_t shift = bucket / PARTS - 1;
  return ((uint64_t(bucket % PARTS + PARTS) + 1) << shift) - 1;
}

void Latency::record(uint64_t nanoseconds, uint64_t times) {
  buckets[bucketOf(nanoseconds)] += times;
  recorded += times;
  if (nanoseconds > most) most = nanoseconds;
}

uint64_t Latency::percentile(unsigned percent) const {
  if (recorded == 0) return 0;
  uint64_t wanted = (recorded * percent + 99) / 100;
  uint64_t seen = 0;
  for (size_t bucket = 0; bucket < BUCKETS; bucket++) {
    seen += buckets[bucket];
    if (seen >= wanted) return upperEdge(bucket);
  }
  return upperEdge(BUCKETS - 1);
}

}  // namespace portreeve
