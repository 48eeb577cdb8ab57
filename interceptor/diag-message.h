// SPDX-License-Identifier: GPL-3.0-or-later
// Tuples in the messages of sock_diag (linux/inet_diag.h). Pure functions; a tuple's source is the
// local end.
#pragma once

#include "common/tuple.h"

#include <kj/common.h>
#include <libmnl/libmnl.h>
#include <linux/inet_diag.h>

namespace portreeve::interceptor {

kj::Maybe<const inet_diag_msg&> diagMessage(const nlmsghdr* message);
// nullptr when it is none, or of no IP family.

Tuple tupleOf(const inet_diag_msg& socket, uint8_t protocol);
// IPv4 also where an IPv6 socket talks to an IPv4-mapped peer.

inet_diag_sockid socketId(const Tuple& tuple);  // any interface, any cookie

}  // namespace portreeve::interceptor
