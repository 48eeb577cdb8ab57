// SPDX-License-Identifier: GPL-3.0-or-later
// Where a stream or a datagram is to go: by name, so that the far end looks it up, or by address.
#pragma once

#include "common/socket-address.h"

#include <kj/string.h>

namespace portreeve::gate17 {

constexpr size_t LONGEST_NAME = 255;  // RFC 1035, 2.3.4; RFC 1928 has one byte for it

struct Target {
  kj::String name;  // empty: `address` says it
  Address address;
  uint16_t port = 0;  // host byte order

  static Target at(const SocketAddress& where) {
    return Target{kj::String(), where.address, where.port};
  }
  Target clone() const { return Target{kj::str(name), address, port}; }

  bool named() const { return name.size() > 0; }
  kj::String toString() const {
    return named() ? kj::str(name, ':', port) : SocketAddress{address, port}.toString();
  }
};

}  // namespace portreeve::gate17
