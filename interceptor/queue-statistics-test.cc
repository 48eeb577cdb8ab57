// SPDX-License-Identifier: GPL-3.0-or-later
#include "interceptor/queue-statistics.h"

#include <doctest/doctest.h>

namespace portreeve::interceptor {
namespace {

TEST_CASE("the kernel's lines are read, and nothing else") {
  auto counts = parseQueueCounts(
      "17040   4711     3 2   256     5     7       42  1\n"
      "nonsense\n"
      "17060 3131952710     0 2   256     0     0        0  1\n");
  REQUIRE(counts.size() == 2);
  CHECK(counts[0].queue == 17040);
  CHECK(counts[0].holder == 4711);
  CHECK(counts[0].waiting == 3);
  CHECK(counts[0].overflowed == 5);
  CHECK(counts[0].lost == 7);
  CHECK(counts[0].seen == 42);
  CHECK(counts[1].queue == 17060);
  CHECK(counts[1].seen == 0);
}

TEST_CASE("an empty or unfinished file gives what it has") {
  CHECK(parseQueueCounts("").size() == 0);
  CHECK(parseQueueCounts("17040 1 2").size() == 0);
  CHECK(parseQueueCounts("17040 1 2 2 256 0 0 9 1").size() == 1);
}

}  // namespace
}  // namespace portreeve::interceptor
