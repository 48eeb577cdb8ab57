// SPDX-License-Identifier: GPL-3.0-or-later
// How often a user may change his own rules: each change is an entry of the log for ever, and has
// all rules compiled once more.
#pragma once

#include "policy/failure.h"

#include <cstdint>
#include <deque>
#include <map>

namespace portreeve::policy {

class ChangeQuota {
public:
  static constexpr size_t MOST_AN_HOUR = 60;
  static constexpr uint64_t HOUR_NS = 3'600'000'000'000;

  void take(uint32_t uid, uint64_t nowNs) {
    // Throws FAILED in words where he has had his share. `nowNs`: of a clock that nobody sets.
    auto& times = taken[uid];
    while (!times.empty() && times.front() + HOUR_NS <= nowNs) times.pop_front();
    if (times.size() >= MOST_AN_HOUR)
      fail("you have changed your rules ", MOST_AN_HOUR, " times within an hour: try again later");
    times.push_back(nowNs);
  }

private:
  std::map<uint32_t, std::deque<uint64_t>> taken;
};

}  // namespace portreeve::policy
