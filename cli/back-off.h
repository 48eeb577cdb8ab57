// SPDX-License-Identifier: GPL-3.0-or-later
// How long to wait before a dead process is started again: not at all, unless it dies young again
// and again.
#pragma once

#include <kj/time.h>

namespace portreeve::cli {

class BackOff {
public:
  static constexpr kj::Duration GROWN_UP = 10 * kj::SECONDS;  // who lived that long starts anew
  static constexpr kj::Duration FIRST = 100 * kj::MILLISECONDS;
  static constexpr kj::Duration LONGEST = 5 * kj::SECONDS;

  kj::Duration next(kj::Duration lived);
  // 0, 100 ms, 200 ms, … 5 s; 0 again after a life of GROWN_UP.

private:
  kj::Duration delay = 0 * kj::SECONDS;
};

}  // namespace portreeve::cli
