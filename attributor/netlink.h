// SPDX-License-Identifier: GPL-3.0-or-later
// Netlink sockets (netlink(7)). A request to the kernel is done when send() returns, so asking and
// reading the answer never waits for anybody.
#pragma once

#include <kj/common.h>
#include <kj/io.h>
#include <sys/types.h>

#include <cstdint>

namespace portreeve::attributor {

class NetlinkSocket {
  // Non-blocking, close-on-exec, of the current network namespace. Made before the sandbox, which
  // allows no other.
public:
  explicit NetlinkSocket(int protocol, uint32_t groups = 0);
  // NETLINK_SOCK_DIAG or NETLINK_ROUTE; `groups`: bits of the old multicast groups (RTMGRP_…).
  // Throws FAILED.

  void send(const void* message, size_t bytes);  // throws FAILED
  ssize_t receive(kj::ArrayPtr<kj::byte> buffer);
  // One datagram; its length, or minus errno (-EAGAIN: nothing is there).
  int fd() const { return socket.get(); }

private:
  kj::AutoCloseFd socket;
};

constexpr size_t NETLINK_READ_BYTES = 32768;
// The kernel fills no more than this into one part of a dump.

}  // namespace portreeve::attributor
