// SPDX-License-Identifier: GPL-3.0-or-later
// Everything of the kernel that this process owns, opened once, before it locks itself in: no
// netlink socket can be made afterwards.
#pragma once

#include "interceptor/conntrack.h"
#include "interceptor/netlink.h"
#include "interceptor/queue-statistics.h"
#include "interceptor/queue.h"
#include "interceptor/sockets.h"

#include <kj/vector.h>

#include <cstdint>

namespace portreeve::interceptor {

struct Kernel {
  kj::Vector<kj::Own<Queue>> queues;  // outgoing ones first
  QueueStatistics statistics;         // after the queues: they bring the file
  ConntrackTable conntrack;
  ConntrackListing listing;
  LocalSockets sockets;
  NetlinkSocket conntrackEvents;
  NetlinkSocket socketEvents;
  kj::Maybe<kj::AutoCloseFd> latencyRequest;  // keep-awake.h; nullptr where it is not to be used
  uint64_t netns;                             // SO_NETNS_COOKIE; 0 where the kernel has none

  explicit Kernel(uint32_t queuesAHook);
  // Throws FAILED with a sentence for a person.
};

void countConntrackBytes();
// net.netfilter.nf_conntrack_acct = 1 in this network namespace, for entries made from now on.
// Needs root; a failure is a warning: connections are then shown without their bytes.

}  // namespace portreeve::interceptor
