// SPDX-License-Identifier: GPL-3.0-or-later
// A change that is taken back unless somebody says in time that it was good.
#pragma once

#include <kj/async.h>
#include <kj/timer.h>

#include <cstdint>

namespace portreeve::cli {

class Confirmation {
public:
  explicit Confirmation(kj::Timer& timer) : timer(timer) {}
  KJ_DISALLOW_COPY(Confirmation);

  kj::Promise<void> wait(uint32_t seconds);
  // Resolves when the time is up without a confirmation; never where `seconds` is 0. Call once.

  bool confirm();                // there was something to confirm
  uint32_t secondsLeft() const;  // 0: nothing is to be confirmed

private:
  kj::Timer& timer;
  bool pending = false;
  kj::TimePoint end = kj::origin<kj::TimePoint>();
};

}  // namespace portreeve::cli
