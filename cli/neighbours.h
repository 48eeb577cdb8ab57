// SPDX-License-Identifier: GPL-3.0-or-later
// Other programs of this network namespace that cannot run beside portreeve, and those beside which
// it means less than it seems to.
#pragma once

#include "common/settings.h"

#include <kj/string.h>
#include <kj/vector.h>
#include <sys/types.h>

#include <cstdint>

namespace portreeve::cli {

void refuseRivals();
// Failure where Portmaster or OpenSnitch runs here, or where our queues are bound already.

kj::Vector<kj::String> rivals();
// Each in words: "OpenSnitch runs here: …", "queue 17040 is bound by …". What refuseRivals() says.

void warnOfNeighbours(const Settings& settings);
// To the log: unprivileged programs may bind our ports; what the host's own rules mean beside ours.

struct BoundQueue {
  uint16_t queue;
  uint32_t portId;  // of the netlink socket
};
kj::Vector<BoundQueue> parseBoundQueues(kj::StringPtr table);
// The text of /proc/net/netfilter/nfnetlink_queue.

kj::Maybe<uint64_t> inodeOfNetlinkSocket(kj::StringPtr table, uint32_t portId);
// Of the NETLINK_NETFILTER socket with that id in the text of /proc/net/netlink.

}  // namespace portreeve::cli
