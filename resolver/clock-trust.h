// SPDX-License-Identifier: GPL-3.0-or-later
// Whether dates count. A machine without a battery comes up with a clock that is behind, one whose
// clock chip was disturbed with one that is ahead, and sets it by the network, for which it needs
// names: signatures (DNSSEC) and certificates (TLS) that are "not yet valid" or "expired" by such a
// clock would keep it wrong for ever. So their dates, and nothing else of them, are forgiven for a
// while. (docs/dns.md says what that is worth to an attacker.)
//
// Two things are known whatever the clock says. What ended before this version was written has
// ended. And nobody can sign for a time that is still to come, so the root's own signatures tell:
// if one counts by this clock, the clock is not ahead; if all that the network has is one that
// ended long ago, then either the clock is ahead or somebody replays the past, and nothing from
// before that signature is taken either.
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
  static constexpr auto STEP = 1 * kj::MINUTES;

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
  // started less than AFTER_BOOT ago.

  bool mayBeAhead();
  // The machine started less than AFTER_BOOT ago, the clock is not before this version was written
  // (by such a clock what is past is past all the more), and nothing that the root signed counts by
  // it. What files say is no matter: a clock that is ahead at every start writes them, too.
  bool isAhead();
  // Besides, the root's newest signature has ended by it.

  uint64_t earliest() const;
  // Nothing that ended before counts, whatever is forgiven; ns since 1970.

  void rootCounts();
  // Something validated by its dates: the clock is not ahead, from now on and for good.
  void rootEnded(uint64_t fromNs, uint64_t untilNs);
  // The root's SOA record is signed rightly, and for a time that is past. Without force if that is
  // before earliest(), or not past, or where the clock cannot be ahead.

  enum class Fault : uint8_t { NOT_YET, ENDED };
  void forgave(kj::StringPtr what, Fault fault);
  // Something was taken in spite of its date; said the first time.
  uint64_t forgiven() const { return count; }

  int64_t takeStep();
  // How far, in ns, the clock has been set since the last time this was asked, or since the start;
  // back is below zero. 0: by less than STEP, as a clock is slewed.

  bool takeEnd();
  // Once true after something that has ended was taken, as soon as that is no longer done.

  kj::Maybe<kj::String> note();
  // In words, while dates do not count or something was taken in spite of them.

private:
  enum class Root : uint8_t { UNKNOWN, COUNTS, ENDED };

  uint64_t lastGoodNs;
  Clock clock;
  uint64_t startedNs;  // by uptimeNs
  int64_t offsetNs;    // from uptimeNs to wallNs
  Root root = Root::UNKNOWN;
  uint64_t rootFromNs = 0, rootUntilNs = 0;  // of ENDED
  uint64_t count = 0;
  bool tookEnded = false;
};

uint64_t lastWritten(kj::ArrayPtr<const kj::StringPtr> paths);
// The newest modification time of these files and folders, in ns since 1970; those that are
// missing count for nothing.

ClockTrust::Clock machineClock();

}  // namespace portreeve::resolver
