// SPDX-License-Identifier: GPL-3.0-or-later
// Conntrack entries as ctnetlink writes them (linux/netfilter/nfnetlink_conntrack.h). Pure
// functions; an entry is always named by the tuple of its original direction.
#pragma once

#include "common/tuple.h"

#include <kj/common.h>
#include <libmnl/libmnl.h>

#include <cstdint>

namespace portreeve::interceptor {

struct ConntrackEntry {
  Tuple tuple;
  uint32_t mark = 0;
  uint64_t originalBytes = 0;  // 0 where net.netfilter.nf_conntrack_acct is off
  uint64_t replyBytes = 0;
  bool assured = false;
  bool translated = false;  // by NAT: it would be another one if it were made anew
};

kj::Maybe<ConntrackEntry> decodeEntry(const nlmsghdr* message);
// A message of the conntrack subsystem (new, deleted, or one of a dump); nullptr when it has no
// tuple of an IP family.

void putOriginalTuple(nlmsghdr* message, const Tuple& tuple);
// CTA_TUPLE_ORIG. ICMP has its identifier, type and code; protocols without ports have none.

void putReplyTuple(nlmsghdr* message, const Tuple& tuple);
// CTA_TUPLE_REPLY, the same way.

bool hasConnections(uint8_t protocol);
// TCP, SCTP, DCCP: conntrack follows their handshake.

uint8_t addressFamily(const Tuple& tuple);  // AF_INET or AF_INET6

}  // namespace portreeve::interceptor
