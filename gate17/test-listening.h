// SPDX-License-Identifier: GPL-3.0-or-later
// For tests: a socket that listens on a port of the loopback's.
#pragma once

#include "gate17/socket.h"

#include <arpa/inet.h>
#include <kj/debug.h>
#include <sys/socket.h>

namespace portreeve::gate17 {

inline kj::AutoCloseFd listening(SocketAddress& where) {
  int made = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  sockaddr_in loopback{};
  loopback.sin_family = AF_INET;
  loopback.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  KJ_SYSCALL(bind(made, reinterpret_cast<sockaddr*>(&loopback), sizeof loopback));
  KJ_SYSCALL(listen(made, 64));
  where = localAddressOf(made);
  return kj::AutoCloseFd(made);
}

}  // namespace portreeve::gate17
