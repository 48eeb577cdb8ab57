// SPDX-License-Identifier: GPL-3.0-or-later
// Says when the wall clock is set, or the machine wakes from suspend: at that moment and not with
// the next look (timerfd_create(2), TFD_TIMER_CANCEL_ON_SET).
#pragma once

#include <kj/async-unix.h>
#include <kj/io.h>

namespace portreeve::policy {

class ClockWatch {
public:
  explicit ClockWatch(kj::UnixEventPort& port);
  // Before the sandbox. Within it: read(2) and timerfd_settime(2).
  KJ_DISALLOW_COPY(ClockWatch);

  kj::Promise<void> changed();
  // Resolves when the clock was set since the last time, or is. One at a time.

private:
  kj::AutoCloseFd fd;
  kj::UnixEventPort::FdObserver observer;

  void arm();
};

}  // namespace portreeve::policy
