// SPDX-License-Identifier: GPL-3.0-or-later
#include "gate17/listener.h"

#include "common/log.h"

#include <errno.h>
#include <fcntl.h>
#include <kj/debug.h>
#include <string.h>
#include <sys/socket.h>

namespace portreeve::gate17 {
namespace {

constexpr auto WHEN_SHORT = 100 * kj::MILLISECONDS;
constexpr unsigned AT_ONCE = 64;  // then what was accepted has its turn

}  // namespace

Listener::Listener(kj::UnixEventPort& port, kj::Timer& timer, kj::AutoCloseFd listening,
                   OnAccepted onAccepted)
    : timer(timer),
      fd(kj::mv(listening)),
      observer(port, fd.get(), kj::UnixEventPort::FdObserver::OBSERVE_READ),
      onAccepted(kj::mv(onAccepted)) {
  int flags;
  KJ_SYSCALL(flags = fcntl(fd, F_GETFL));
  KJ_SYSCALL(fcntl(fd, F_SETFL, flags | O_NONBLOCK));
}

kj::Promise<void> Listener::run() {
  for (unsigned i = 0; i < AT_ONCE; i++) {
    int accepted = accept4(fd, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (accepted >= 0) {
      onAccepted(kj::AutoCloseFd(accepted));
    } else if (errno == EAGAIN) {
      return observer.whenBecomesReadable().then([this]() { return run(); });
    } else if (errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS) {
      log::warning(kj::str("accepting: ", strerror(errno), ": new connections wait"));
      return timer.afterDelay(WHEN_SHORT).then([this]() { return run(); });
    }
    // Anything else is of a connection that has gone already.
  }
  return timer.afterDelay(0 * kj::NANOSECONDS).then([this]() { return run(); });
}

}  // namespace portreeve::gate17
