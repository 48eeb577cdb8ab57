// SPDX-License-Identifier: GPL-3.0-or-later
// A five-tuple of the addresses of two sockets; apart from tuple.h, which knows no sockets.
#pragma once

#include "common/socket-address.h"
#include "common/tuple.h"

namespace portreeve {

inline Tuple tupleBetween(uint8_t protocol, const SocketAddress& source,
                          const SocketAddress& destination) {
  // `protocol`: IANA number. The family is the destination's.
  Tuple tuple;
  tuple.family = destination.address.isV4() ? proto::Family::IPV4 : proto::Family::IPV6;
  tuple.protocol = protocol;
  tuple.source = source.address;
  tuple.destination = destination.address;
  tuple.sourcePort = source.port;
  tuple.destinationPort = destination.port;
  return tuple;
}

}  // namespace portreeve
