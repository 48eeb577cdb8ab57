// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/socket-address.h"

#include <arpa/inet.h>

namespace portreeve {

kj::Maybe<uint16_t> parsePort(kj::StringPtr text) {
  uint32_t number = 0;
  if (text.size() == 0 || text.size() > 5) return nullptr;
  for (char c : text) {
    if (c < '0' || c > '9') return nullptr;
    number = number * 10 + uint32_t(c - '0');
  }
  if (number == 0 || number > 65535) return nullptr;
  return uint16_t(number);
}

kj::Maybe<SocketAddress> SocketAddress::parse(kj::StringPtr text) {
  KJ_IF_MAYBE (colon, text.findLast(':')) {
    auto host = kj::str(text.slice(0, *colon));
    bool bracketed = host.startsWith("[") && host.endsWith("]");
    if (bracketed) host = kj::str(host.slice(1, host.size() - 1));
    // Without brackets the last colon might be the address's own.
    if (!bracketed && host.findFirst(':') != nullptr) return nullptr;
    KJ_IF_MAYBE (port, parsePort(text.slice(*colon + 1)))
      KJ_IF_MAYBE (address, Address::parse(host)) return SocketAddress{*address, *port};
  }
  return nullptr;
}

kj::Maybe<SocketAddress> SocketAddress::from(const sockaddr_storage& address) {
  KJ_IF_MAYBE (known, Address::fromSockaddr(reinterpret_cast<const sockaddr*>(&address))) {
    // The port stands at the same place in both families.
    auto port = reinterpret_cast<const sockaddr_in&>(address).sin_port;
    return SocketAddress{*known, ntohs(port)};
  }
  return nullptr;
}

kj::String SocketAddress::toString() const {
  return address.isV4() ? kj::str(address.toString(), ':', port)
                        : kj::str('[', address.toString(), "]:", port);
}

}  // namespace portreeve
