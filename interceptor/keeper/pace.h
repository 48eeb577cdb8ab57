// SPDX-License-Identifier: GPL-3.0-or-later
// How soon to look at the rules again: at once as a rule, but neither may a burst of other
// programs' changes keep us busy, nor a program that takes our rules away whenever it sees them.
#pragma once

#include <kj/time.h>

namespace portreeve::keeper {

class Pace {
public:
  kj::TimePoint notBefore() const { return earliest; }

  void looked(kj::TimePoint started, kj::TimePoint ended, bool putBack);
  // After a look that found nothing: a fifth of the time at most is spent looking. After the first
  // time that rules were put back: at once; when it happens again within 10 s, after twice the
  // time of before, from 20 ms up to 1 s.

  void failed(kj::TimePoint ended);  // the next one a second later

  bool contested() const { return streak > 6; }
  // Another program goes on changing our rules: they are put back once a second.

private:
  kj::TimePoint earliest = kj::origin<kj::TimePoint>();
  kj::TimePoint lastPutBack = kj::origin<kj::TimePoint>();
  unsigned streak = 0;
};

}  // namespace portreeve::keeper
