// SPDX-License-Identifier: GPL-3.0-or-later
// A ClockTrust whose clock a test sets.
#pragma once

#include "resolver/clock-trust.h"

namespace portreeve::resolver {

struct FakeClockTrust {
  static constexpr uint64_t SECOND = 1'000'000'000;
  static constexpr uint64_t GOOD = 1'800'000'000 * SECOND;  // 2027-01-15

  uint64_t wall = GOOD;
  uint64_t uptime = 86400 * SECOND;
  ClockTrust trust;

  explicit FakeClockTrust(uint64_t lastGood = 0)
      : trust(lastGood, {[this]() { return wall; }, [this]() { return uptime; }}) {}
};

}  // namespace portreeve::resolver
