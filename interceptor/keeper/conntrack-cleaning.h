// SPDX-License-Identifier: GPL-3.0-or-later
// What the rules leave behind in conntrack: our marks, our labels, and entries that turn a
// connection to us. Needs CAP_NET_ADMIN.
#pragma once

#include "interceptor/netlink.h"

#include <kj/common.h>

#include <cstdint>

namespace portreeve::keeper {

struct Cleaned {
  uint unmarked = 0;
  uint deleted = 0;
};

class ConntrackCleaning {
public:
  ConntrackCleaning() : listing(NETLINK_NETFILTER), changing(NETLINK_NETFILTER) {}
  KJ_DISALLOW_COPY(ConntrackCleaning);

  Cleaned run();
  // To be called when the rules are gone, or they mark anew. Entries marked 1717 or 1799 are
  // deleted, all others that bear a mark or a label of ours lose it; marks and labels of others
  // stay. Throws FAILED when the kernel does not let us.

private:
  interceptor::NetlinkSocket listing;
  interceptor::NetlinkSocket changing;

  Cleaned pass();
};

}  // namespace portreeve::keeper
