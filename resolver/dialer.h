// SPDX-License-Identifier: GPL-3.0-or-later
// Connections to an upstream, each within a bounded time.
#pragma once

#include "resolver/tls-client.h"
#include "resolver/upstream.h"
#include "resolver/wire.h"

#include <kj/async-io.h>
#include <kj/timer.h>

namespace portreeve::resolver {

kj::Own<Dialer> makeDialer(kj::Network& network, kj::Timer& timer, TlsClient& tls,
                           const Upstream& upstream);
// TCP, with TLS on it for TLS and HTTPS. A connection that is not there within 2 s is given up: a
// network that comes back is not found by waiting for an old attempt.

}  // namespace portreeve::resolver
