// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/latency.h"

#include <doctest/doctest.h>

#include <initializer_list>

namespace portreeve {
namespace {

TEST_CASE("percentiles are right to within an eighth") {
  Latency latency;
  CHECK(latency.percentile(50) == 0);
  for (uint64_t i = 1; i <= 100; i++) latency.record(i * 1000);
  CHECK(latency.percentile(50) >= 50'000);
  CHECK(latency.percentile(50) <= 50'000 * 9 / 8);
  CHECK(latency.percentile(99) >= 99'000);
  CHECK(latency.percentile(99) <= 99'000 * 9 / 8);
}

TEST_CASE("the longest is told exactly, and how many there were") {
  Latency latency;
  latency.record(1234567);
  latency.record(10, 99);
  CHECK(latency.longest() == 1234567);
  CHECK(latency.count() == 100);
  CHECK(latency.percentile(99) == 10);
}

TEST_CASE("every value has a bucket that holds it") {
  for (uint64_t value : {uint64_t(0), uint64_t(1), uint64_t(7), uint64_t(8), uint64_t(15),
                         uint64_t(16), uint64_t(17), uint64_t(1) << 40, ~uint64_t(0)}) {
    Latency latency;
    latency.record(value);
    CHECK(latency.percentile(50) >= value);
    CHECK(latency.percentile(50) - value <= value / 8);
  }
}

}  // namespace
}  // namespace portreeve
