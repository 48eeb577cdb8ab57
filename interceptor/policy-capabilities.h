// SPDX-License-Identifier: GPL-3.0-or-later
// The capabilities that policy (and, where it is said, the gate) holds of this process
// (proto/interceptor.capnp), each narrow: they do what their schema says and check nothing more,
// for only that uid is given them.
#pragma once

#include "interceptor/conntrack.h"
#include "interceptor/enforcer.h"
#include "interceptor/sockets.h"
#include "proto/interceptor.capnp.h"

#include <kj/timer.h>

namespace portreeve::interceptor {

proto::Conntrack::Client makeConntrack(kj::Timer& timer, ConntrackTable& table,
                                       ConntrackListing& listing);
// One walk at a time over all clients: a list that begins anew makes the next page of an older one
// fail. All arguments outlive what is returned.

proto::Origins::Client makeOrigins(ConntrackTable& table);
// For the gate.

proto::Sockets::Client makeSockets(LocalSockets& sockets);

proto::Enforcer::Client makeEnforcer(Enforcer& enforcer);

}  // namespace portreeve::interceptor
