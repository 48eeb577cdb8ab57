// SPDX-License-Identifier: GPL-3.0-or-later
// What both listeners need of a handed-over socket.
#pragma once

#include "common/tuple.h"

#include <kj/common.h>
#include <netinet/in.h>

namespace portreeve::resolver {

struct Endpoint {
  Address address;
  uint16_t port = 0;

  static kj::Maybe<Endpoint> from(const sockaddr* address);  // nullptr when not IP
  static Endpoint ofSocket(int fd);
  // Where the socket is bound. Throws FAILED when that is not an IP address.
};

Tuple clientTuple(uint8_t protocol, const Endpoint& client, const Endpoint& ours);

}  // namespace portreeve::resolver
