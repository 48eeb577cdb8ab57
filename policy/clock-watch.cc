// SPDX-License-Identifier: GPL-3.0-or-later
#include "policy/clock-watch.h"

#include <errno.h>
#include <kj/debug.h>
#include <sys/timerfd.h>
#include <unistd.h>

namespace portreeve::policy {
namespace {

constexpr time_t FAR = 9'000'000'000;  // the year 2255: it is never reached, only cancelled

int makeTimer() {
  int fd;
  KJ_SYSCALL(fd = timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK | TFD_CLOEXEC));
  return fd;
}

}  // namespace

ClockWatch::ClockWatch(kj::UnixEventPort& port)
    : fd(makeTimer()), observer(port, fd, kj::UnixEventPort::FdObserver::OBSERVE_READ) {
  arm();
}

void ClockWatch::arm() {
  itimerspec when{};
  when.it_value.tv_sec = FAR;
  KJ_SYSCALL(timerfd_settime(fd, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &when, nullptr));
}

kj::Promise<void> ClockWatch::changed() {
  uint64_t expirations;
  ssize_t got = read(fd, &expirations, sizeof(expirations));
  if (got < 0 && errno == EAGAIN)
    return observer.whenBecomesReadable().then([this]() { return changed(); });
  if (got < 0 && errno != ECANCELED) KJ_FAIL_SYSCALL("read(timerfd)", errno);
  arm();
  return kj::READY_NOW;
}

}  // namespace portreeve::policy
