// SPDX-License-Identifier: GPL-3.0-or-later
// The ring's second arrow: attributed packets from the attributor. This process is the receiver, so
// it makes the socket pair and hands the attributor its end. A new attributor replaces the one
// before.
#pragma once

#include "common/ring-inlet.h"
#include "proto/interceptor.capnp.h"

#include <kj/async-unix.h>
#include <kj/function.h>

#include <cstdint>

namespace portreeve::policy {

class AttributedArrow {
public:
  using OnBatch = kj::Function<void(proto::AttributedBatch::Reader)>;

  AttributedArrow(kj::UnixEventPort& port, OnBatch onBatch);
  KJ_DISALLOW_COPY(AttributedArrow);

  proto::RingSocket::Client open();
  // The sending end of a new arrow; the old one is closed. For the attributor's uid alone: whoever
  // calls has seen to it.

  bool connected() const { return inlet.connected(); }
  uint64_t malformed() const { return inlet.malformed(); }

private:
  OnBatch onBatch;
  RingInlet inlet;
};

}  // namespace portreeve::policy
