// SPDX-License-Identifier: GPL-3.0-or-later
// The ring's last arrow: verdicts from policy. This process is the receiver, so it makes the socket
// pair and hands policy its end. A new policy replaces the one before.
#pragma once

#include "common/ring-inlet.h"
#include "interceptor/packet-loop.h"
#include "proto/interceptor.capnp.h"

#include <kj/async-unix.h>
#include <kj/function.h>

namespace portreeve::interceptor {

class PolicyArrow {
public:
  PolicyArrow(kj::UnixEventPort& port, PacketLoop& packets, kj::Function<void()> onGone);
  // `onGone` is called when the policy that holds the arrow closes it, not when another takes its
  // place.
  KJ_DISALLOW_COPY(PolicyArrow);

  proto::RingSocket::Client open();
  // The sending end of a new arrow; the old one is closed.

  bool connected() const { return inlet.connected(); }
  uint64_t malformed() const { return inlet.malformed(); }

private:
  kj::Function<void()> onGone;
  RingInlet inlet;
};

}  // namespace portreeve::interceptor
