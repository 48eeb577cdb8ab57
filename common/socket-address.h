// SPDX-License-Identifier: GPL-3.0-or-later
// An address with a port: one end of a TCP or UDP socket.
#pragma once

#include "common/address.h"

#include <kj/string.h>

#include <cstdint>

namespace portreeve {

kj::Maybe<uint16_t> parsePort(kj::StringPtr text);  // 1 to 65535

struct SocketAddress {
  Address address;
  uint16_t port = 0;  // host byte order

  static kj::Maybe<SocketAddress> parse(kj::StringPtr text);
  // "192.0.2.1:1080", "[2001:db8::1]:1080"; both parts must be there, the port from 1 to 65535.
  static kj::Maybe<SocketAddress> from(const sockaddr_storage& address);
  // Nullptr for families other than AF_INET and AF_INET6.

  socklen_t toSockaddr(sockaddr_storage& out) const { return address.toSockaddr(port, out); }
  kj::String toString() const;
  bool operator==(const SocketAddress& other) const = default;
};

}  // namespace portreeve
