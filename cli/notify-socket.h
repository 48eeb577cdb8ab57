// SPDX-License-Identifier: GPL-3.0-or-later
// Where daemons say READY=1: a datagram socket as in sd_notify(3). The kernel, not the sender, says
// which process a message is from (SCM_CREDENTIALS, unix(7)).
#pragma once

#include <kj/async-unix.h>
#include <kj/function.h>
#include <kj/io.h>
#include <kj/string.h>
#include <sys/types.h>

namespace portreeve::cli {

class NotifySocket {
public:
  using OnMessage = kj::Function<void(pid_t from, kj::StringPtr message)>;

  NotifySocket(kj::UnixEventPort& port, kj::StringPtr path);
  // Makes the socket, for anybody to send to. Throws FAILED where it cannot.
  KJ_DISALLOW_COPY(NotifySocket);

  kj::Promise<void> receive(OnMessage onMessage);
  // Never resolves. Call once.

private:
  kj::AutoCloseFd fd;
  kj::UnixEventPort::FdObserver observer;
  OnMessage onMessage;

  kj::Promise<void> receiveMore();
  bool receiveOne();
};

}  // namespace portreeve::cli
