// SPDX-License-Identifier: GPL-3.0-or-later
#include "attributor/netlink.h"

#include <errno.h>
#include <kj/debug.h>
#include <linux/netlink.h>
#include <sys/socket.h>

namespace portreeve::attributor {

NetlinkSocket::NetlinkSocket(int protocol, uint32_t groups) {
  int opened;
  KJ_SYSCALL(opened = ::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, protocol),
             protocol);
  socket = kj::AutoCloseFd(opened);
  sockaddr_nl address{};
  address.nl_family = AF_NETLINK;
  address.nl_groups = groups;
  KJ_SYSCALL(bind(socket, reinterpret_cast<sockaddr*>(&address), sizeof address), protocol);
}

void NetlinkSocket::send(const void* message, size_t bytes) {
  KJ_SYSCALL(::send(socket, message, bytes, 0));
}

ssize_t NetlinkSocket::receive(kj::ArrayPtr<kj::byte> buffer) {
  for (;;) {
    ssize_t got = recv(socket, buffer.begin(), buffer.size(), 0);
    if (got >= 0) return got;
    if (errno != EINTR) return -errno;
  }
}

}  // namespace portreeve::attributor
