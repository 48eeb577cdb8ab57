// SPDX-License-Identifier: GPL-3.0-or-later
#include "gate17/original-destination.h"

#include "gate17/socket.h"

#include <linux/in6.h>
#include <linux/netfilter_ipv4.h>
#include <linux/netfilter_ipv6/ip6_tables.h>
#include <sys/socket.h>

namespace portreeve::gate17 {

kj::Maybe<SocketAddress> originalDestination(int fd) {
  auto local = localAddressOf(fd);
  sockaddr_storage address{};
  socklen_t length = sizeof address;
  bool v4 = local.address.isV4();
  static_assert(SO_ORIGINAL_DST == IP6T_SO_ORIGINAL_DST);
  if (getsockopt(fd, v4 ? IPPROTO_IP : IPPROTO_IPV6, SO_ORIGINAL_DST, &address, &length) != 0)
    return nullptr;
  KJ_IF_MAYBE (original, SocketAddress::from(address))
    if (!(*original == local)) return *original;
  return nullptr;
}

}  // namespace portreeve::gate17
