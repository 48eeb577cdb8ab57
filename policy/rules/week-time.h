// SPDX-License-Identifier: GPL-3.0-or-later
// Hours of the week in local time: "Mon-Fri 08:00-18:00".
#pragma once

#include <kj/common.h>
#include <kj/string.h>
#include <kj/vector.h>

#include <bitset>
#include <cstdint>

namespace portreeve::rules {

class WeekTime {
public:
  static constexpr unsigned MINUTES = 7 * 24 * 60;

  bool add(kj::StringPtr text);
  // "Mon-Fri 08:00-18:00", "Sat,Sun", "22:00-06:00": days, hours or both. The end is exclusive;
  // hours that end before they begin reach into the next day. False where it is none of these.

  bool has(uint64_t wallNs) const;
  bool covers(const WeekTime& other) const { return (other.minutes & ~minutes).none(); }
  bool disjoint(const WeekTime& other) const { return (other.minutes & minutes).none(); }
  kj::String toString() const;  // as written
  uint64_t nextChange(uint64_t wallNs) const;
  // Wall clock of the next minute at which `has` may say something else; 0: it never does.

  static unsigned minuteOfWeek(uint64_t wallNs);  // local time, from Monday 00:00
  static void prepare();
  // Reads the time zone once, before a sandbox shuts its file away (tzset(3)).

private:
  std::bitset<MINUTES> minutes;
  kj::Vector<kj::String> written;
};

}  // namespace portreeve::rules
