// SPDX-License-Identifier: GPL-3.0-or-later
#include "attributor/reader/patience.h"

#include <doctest/doctest.h>

namespace portreeve::reader {
namespace {

constexpr uint64_t SECOND = 1000 * MILLISECOND;

TEST_CASE("a first search may take its full time") {
  Patience patience;
  CHECK(patience.allowance(1000, 1 * SECOND) == LONGEST_SEARCH_NS);
}

TEST_CASE("a uid that has used up its time waits, another does not") {
  Patience patience;
  uint64_t now = 100 * SECOND;
  for (int i = 0; i < 2; i++) {
    patience.charge(1000, patience.allowance(1000, now));
    now += 1;
  }
  CHECK(patience.allowance(1000, now) == 0);
  CHECK(patience.allowance(1001, now) == LONGEST_SEARCH_NS);
  now += SECOND / 4;
  CHECK(patience.allowance(1000, now) == 0);
  now += SECOND * 3 / 4;
  CHECK(patience.allowance(1000, now) == 60 * MILLISECOND);
}

TEST_CASE("time comes back up to a limit, however long nobody asked") {
  Patience patience;
  uint64_t now = 100 * SECOND;
  patience.allowance(7, now);
  patience.charge(7, SECOND);
  CHECK(patience.allowance(7, now) == 0);
  now += 1'000'000 * SECOND;
  patience.allowance(7, now);
  patience.charge(7, LONGEST_SEARCH_NS);
  CHECK(patience.allowance(7, now) == LONGEST_SEARCH_NS);
  patience.charge(7, LONGEST_SEARCH_NS);
  CHECK(patience.allowance(7, now) == 0);
}

}  // namespace
}  // namespace portreeve::reader
