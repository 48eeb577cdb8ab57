// SPDX-License-Identifier: GPL-3.0-or-later
// Ending local sockets from outside (SOCK_DESTROY, sock_diag(7)); needs CAP_NET_ADMIN.
#pragma once

#include "common/tuple.h"
#include "interceptor/netlink.h"

#include <kj/common.h>
#include <linux/inet_diag.h>

namespace portreeve::interceptor {

class LocalSockets {
public:
  LocalSockets() : socket(NETLINK_SOCK_DIAG) {}
  KJ_DISALLOW_COPY(LocalSockets);

  bool destroy(const Tuple& tuple);
  // Ends the TCP or UDP socket that is connected from `tuple`'s source, which is local, to its
  // destination. False when there is none. Never a listener or an unconnected UDP socket, which
  // serve others too.

private:
  NetlinkSocket socket;
  uint32_t sequence = 0;

  kj::Maybe<inet_diag_msg> find(const Tuple& tuple);
  kj::Maybe<inet_diag_msg> ask(uint16_t type, uint16_t flags, const Tuple& tuple,
                               const inet_diag_sockid& id, int& error);
};

}  // namespace portreeve::interceptor
