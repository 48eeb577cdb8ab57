// SPDX-License-Identifier: GPL-3.0-or-later
// Accepts on a handed-over listening TCP socket.
#pragma once

#include <kj/async-unix.h>
#include <kj/function.h>
#include <kj/io.h>
#include <kj/timer.h>

namespace portreeve::gate17 {

class Listener {
public:
  using OnAccepted = kj::Function<void(kj::AutoCloseFd)>;  // non-blocking

  Listener(kj::UnixEventPort& port, kj::Timer& timer, kj::AutoCloseFd fd, OnAccepted onAccepted);
  KJ_DISALLOW_COPY(Listener);

  kj::Promise<void> run();
  // Never resolves. Where descriptors are short it waits for some to come back.

private:
  kj::Timer& timer;
  kj::AutoCloseFd fd;
  kj::UnixEventPort::FdObserver observer;
  OnAccepted onAccepted;
};

}  // namespace portreeve::gate17
