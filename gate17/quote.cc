// SPDX-License-Identifier: GPL-3.0-or-later
#include "gate17/quote.h"

namespace portreeve::gate17 {
namespace {

constexpr uint64_t SECOND = 1'000'000'000;
constexpr uint64_t DAY = 86400 * SECOND;

// Proverbs of no known author.
constexpr kj::StringPtr QUOTES[] = {
    "A closed mouth catches no flies.\r\n"_kj,
    "Good fences make good neighbours.\r\n"_kj,
    "Still waters run deep.\r\n"_kj,
    "Lock your door and keep your neighbours honest.\r\n"_kj,
    "A smooth sea never made a skilled sailor.\r\n"_kj,
    "Trust, but look who holds the rope.\r\n"_kj,
    "Any port in a storm.\r\n"_kj,
};

}  // namespace

kj::StringPtr quoteOfTheDay(uint64_t wallNs) {
  return QUOTES[wallNs / DAY % kj::size(QUOTES)];
}

bool QuoteLimit::allow(uint64_t monotonicNs) {
  uint64_t now = monotonicNs / SECOND;
  if (now != second) {
    second = now;
    given = 0;
  }
  return given++ < A_SECOND;
}

}  // namespace portreeve::gate17
