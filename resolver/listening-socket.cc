// SPDX-License-Identifier: GPL-3.0-or-later
#include "resolver/listening-socket.h"

#include "common/socket-tuple.h"

#include <kj/debug.h>
#include <sys/socket.h>

namespace portreeve::resolver {

kj::Maybe<Endpoint> Endpoint::from(const sockaddr* address) {
  KJ_IF_MAYBE (ip, Address::fromSockaddr(address)) {
    // The port stands at the same place in both families.
    return Endpoint{*ip, ntohs(reinterpret_cast<const sockaddr_in*>(address)->sin_port)};
  }
  return nullptr;
}

Endpoint Endpoint::ofSocket(int fd) {
  sockaddr_storage address{};
  socklen_t length = sizeof address;
  KJ_SYSCALL(getsockname(fd, reinterpret_cast<sockaddr*>(&address), &length));
  return KJ_REQUIRE_NONNULL(from(reinterpret_cast<sockaddr*>(&address)),
                            "a DNS socket that was handed over is not an inet socket");
}

Tuple clientTuple(uint8_t protocol, const Endpoint& client, const Endpoint& ours) {
  return tupleBetween(protocol, {client.address, client.port}, {ours.address, ours.port});
}

}  // namespace portreeve::resolver
