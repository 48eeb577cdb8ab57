// SPDX-License-Identifier: GPL-3.0-or-later
// Whether dates count. A machine without a battery comes up with a clock that is behind, and sets
// it by the network, for which it needs names: signatures (DNSSEC) and certificates (TLS) that are
// "not yet valid" by such a clock would keep it wrong for ever. So their dates, and nothing else of
// them, are forgiven for a while.
#pragma once

#include <kj/common.h>
#include <kj/function.h>
#include <kj/string.h>
#include <kj/time.h>

#include <cstdint>

namespace portreeve::resolver {

class ClockTrust {
public:
  static constexpr auto AFTER_BOOT = 10 * kj::MINUTES;
  static constexpr auto BEHIND_FILES = 1 * kj::HOURS;

  struct Clock {
    kj::Function<uint64_t()> wallNs;    // since 1970
    kj::Function<uint64_t()> uptimeNs;  // since the machine's start, suspend included
  };

  ClockTrust(uint64_t lastGoodNs, Clock clock);
  // `lastGoodNs`: when something was written here by a clock that was believed then; 0: not known.
  KJ_DISALLOW_COPY(ClockTrust);

  uint64_t now() { return clock.wallNs(); }

  bool isBehind();
  // The clock is certainly wrong: before this version was written; or before the last good time,
  // which is believed for BEHIND_FILES only (that file may have been written by a clock that was
  // wrong itself).

  bool forgives();
  // A date that has not come yet is no reason to refuse: the clock is behind, or the machine
  // started less than AFTER_BOOT ago. Never one that is past: by a clock that is behind it is past
  // all the more.

  void forgave(kj::StringPtr what);
  // Something was taken in spite of its date; said the first time.
  uint64_t forgiven() const { return count; }

  kj::Maybe<kj::String> note();
  // In words, while dates do not count or something was taken in spite of them.

private:
  uint64_t lastGoodNs;
  Clock clock;
  uint64_t startedNs;  // by uptimeNs
  uint64_t count = 0;
};

uint64_t lastWritten(kj::ArrayPtr<const kj::StringPtr> paths);
// The newest modification time of these files and folders, in ns since 1970; those that are
// missing count for nothing.

ClockTrust::Clock machineClock();

}  // namespace portreeve::resolver
