// SPDX-License-Identifier: GPL-3.0-or-later
#include "policy/rules/week-time.h"

#include "policy/rules/test-facts.h"

#include <doctest/doctest.h>
#include <stdlib.h>
#include <time.h>

namespace portreeve::rules {
namespace {

struct Zone {
  explicit Zone(const char* name) {
    setenv("TZ", name, 1);
    tzset();
  }
  ~Zone() {
    unsetenv("TZ");
    tzset();
  }
};

WeekTime times(kj::StringPtr text) {
  WeekTime made;
  KJ_ASSERT(made.add(text), text);
  return made;
}

constexpr uint64_t MINUTE = 60 * SECONDS;
constexpr uint64_t HOUR = 60 * MINUTE;
constexpr uint64_t FRIDAY_0800 = NOW;  // 2027-01-15 is a Friday

TEST_CASE("hours of the week begin with their first minute and end before their last") {
  Zone zone("UTC");
  auto work = times("Mon-Fri 08:00-18:00");
  CHECK(work.has(FRIDAY_0800));
  CHECK_FALSE(work.has(FRIDAY_0800 - 1));
  CHECK(work.has(FRIDAY_0800 + 10 * HOUR - 1));
  CHECK_FALSE(work.has(FRIDAY_0800 + 10 * HOUR));
  CHECK_FALSE(work.has(FRIDAY_0800 + 24 * HOUR));
}

TEST_CASE("hours over midnight belong to the day on which they begin") {
  Zone zone("UTC");
  auto night = times("Fri 22:00-06:00");
  CHECK(night.has(FRIDAY_0800 + 21 * HOUR));
  CHECK_FALSE(night.has(FRIDAY_0800 - 3 * HOUR));
  auto sunday = times("Sun 23:00-01:00");
  CHECK(sunday.has(FRIDAY_0800 + 64 * HOUR + 30 * MINUTE));  // Monday, half past midnight
}

TEST_CASE("days may wrap around the week's end, and local time counts") {
  Zone zone("UTC");
  CHECK(times("Fri-Mon").has(FRIDAY_0800 + 48 * HOUR));
  CHECK_FALSE(times("Fri-Mon").has(FRIDAY_0800 + 96 * HOUR));
  Zone tokyo("JST-9");
  CHECK(times("Fri 17:00-17:01").has(FRIDAY_0800));
}

TEST_CASE("the next change is the minute at which the hours begin or are over") {
  Zone zone("UTC");
  auto work = times("Mon-Fri 08:00-18:00");
  CHECK(work.nextChange(FRIDAY_0800) == FRIDAY_0800 + 10 * HOUR);
  CHECK(work.nextChange(FRIDAY_0800 + 10 * HOUR) == FRIDAY_0800 + 72 * HOUR);
  CHECK(times("Mon-Sun").nextChange(NOW) == 0);
}

TEST_CASE("hours cover what lies within them") {
  CHECK(times("Mon-Fri").covers(times("Tue 10:00-11:00")));
  CHECK_FALSE(times("Mon-Fri 08:00-18:00").covers(times("Tue 07:59-11:00")));
}

TEST_CASE("rules by the hour change what is decided when the hour does, and say when") {
  Zone zone("UTC");
  auto set =
      loadRules("[[rule]]\nname = \"work\"\naction = \"allow\"\ntime = \"Fri 08:00-09:00\"\n");
  auto facts = curlToExample();
  CHECK(set->decide(facts, NOW).rule->name == "work");
  CHECK(set->decide(facts, NOW + HOUR).rule->name == "default");
  CHECK(set->nextExpiry(NOW) == NOW + HOUR);
  CHECK(set->phase(NOW) != set->phase(NOW + HOUR));
  Trace trace;
  set->decide(facts, NOW + HOUR, &trace);
  bool said = false;
  for (auto& one : trace.considered)
    said = said || one.failed == "time: wants Fri 08:00-09:00, has Fri 09:00";
  CHECK(said);
}

}  // namespace
}  // namespace portreeve::rules
