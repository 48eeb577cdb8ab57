// SPDX-License-Identifier: GPL-3.0-or-later
// Carries bytes between a socket and another, or a stream of a node's, both ways, until both have
// ended. One that waits holds no buffer of ours: ten thousand idle ones cost their descriptors.
#pragma once

#include "gate17/traffic.h"
#include "gate17/transfer.h"

#include <kj/async-io.h>
#include <kj/timer.h>

namespace portreeve::gate17 {

struct RelayParts {
  // Both outlive what is carried.
  kj::Timer& timer;
  Transfer& transfer;
};

kj::Promise<void> relay(RelayParts parts, kj::AsyncIoStream& near, kj::AsyncIoStream& far,
                        Traffic& traffic);
// Resolves when both directions have ended; the end of one is passed on (half-closed connections
// stay). Rejects when either breaks: the other is then to be reset, not closed. `traffic` counts
// near to far as out. Each stream is a Socket or a ByteStream, one at least a Socket. All arguments
// outlive the promise.

}  // namespace portreeve::gate17
