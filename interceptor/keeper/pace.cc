// SPDX-License-Identifier: GPL-3.0-or-later
#include "interceptor/keeper/pace.h"

namespace portreeve::keeper {
namespace {

constexpr auto QUIET = 10 * kj::SECONDS;
constexpr auto SHORTEST = 10 * kj::MILLISECONDS;
constexpr auto LONGEST = 1 * kj::SECONDS;
constexpr auto BETWEEN_LOOKS = 20 * kj::MILLISECONDS;
constexpr int REST = 4;  // parts of rest for one of work

}  // namespace

void Pace::looked(kj::TimePoint started, kj::TimePoint ended, bool putBack) {
  if (streak > 0 && ended - lastPutBack > QUIET) streak = 0;
  if (!putBack) {
    earliest = kj::max(earliest, ended + kj::max(REST * (ended - started), BETWEEN_LOOKS));
    return;
  }
  lastPutBack = ended;
  earliest = streak == 0 ? ended : ended + kj::min(LONGEST, SHORTEST * (1 << kj::min(streak, 7u)));
  streak++;
}

void Pace::failed(kj::TimePoint ended) {
  earliest = ended + LONGEST;
}

}  // namespace portreeve::keeper
