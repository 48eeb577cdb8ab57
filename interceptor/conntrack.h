// SPDX-License-Identifier: GPL-3.0-or-later
// This network namespace's conntrack table: list, mark, delete. Needs CAP_NET_ADMIN for all of it,
// reading included.
#pragma once

#include "interceptor/conntrack-message.h"
#include "interceptor/netlink.h"

#include <kj/function.h>
#include <kj/vector.h>

#include <cstdint>

namespace portreeve::interceptor {

class ConntrackListing {
  // A walk over the whole table, a piece at a time: the kernel keeps the place between the pieces,
  // so that a large table never holds up the packets. One walk at a time.
public:
  using Walk = uint32_t;  // never 0

  ConntrackListing() : socket(NETLINK_NETFILTER) {}
  KJ_DISALLOW_COPY(ConntrackListing);

  Walk restart();
  // Begins at the start of the table; a walk that had not come to its end is given up.

  bool next(Walk walk, kj::FunctionParam<void(const ConntrackEntry&)> onEntry);
  // The next piece, some forty entries, a tenth of a millisecond's work. False when that was the
  // end. Throws FAILED when the walk was given up or has ended, or when the kernel refuses.

private:
  NetlinkSocket socket;
  Walk current = 0;  // netlink sequence number
  bool walking = false;

  void readPiece(kj::FunctionParam<void(const ConntrackEntry&)> onEntry);
};

class ConntrackTable {
  // Changes, each by the tuple of the original direction; they return how many entries did not
  // exist (any more).
public:
  struct MarkChange {
    Tuple tuple;
    uint32_t mark;
  };

  ConntrackTable() : socket(NETLINK_NETFILTER) {}
  KJ_DISALLOW_COPY(ConntrackTable);

  uint setMarks(kj::ArrayPtr<const MarkChange> changes);
  uint remove(kj::ArrayPtr<const Tuple> tuples);

  kj::Maybe<Tuple> originalOf(const Tuple& seen);
  // The original direction of the entry whose packets a socket here sees as `seen`; nullptr: there
  // is none.

private:
  NetlinkSocket socket;
  NetlinkSocket questions{NETLINK_NETFILTER};  // their answers are not acknowledgements alone
  uint32_t sequence = 0;
  NetlinkRequests requests;

  uint send();
};

}  // namespace portreeve::interceptor
