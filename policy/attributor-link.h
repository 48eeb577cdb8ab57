// SPDX-License-Identifier: GPL-3.0-or-later
// The tie to the attributor beside its arrow: when that is open, which connections exist, and who
// holds a socket.
#pragma once

#include "common/rpc-client.h"
#include "common/tuple.h"
#include "proto/attributor.capnp.h"

#include <kj/async-io.h>
#include <kj/function.h>
#include <kj/timer.h>

namespace portreeve::policy {

class AttributorLink {
public:
  AttributorLink(kj::LowLevelAsyncIoProvider& provider, kj::Timer& timer, kj::StringPtr socket,
                 kj::Function<void()> onReady);
  // `onReady`: each time that an attributor has opened its arrow to us.
  KJ_DISALLOW_COPY(AttributorLink);

  kj::Promise<void> whenReady() { return peer.whenConnected(); }
  bool ready() const { return peer.connected(); }

  using Existing = capnp::Response<proto::Attributor::ExistingResults>;
  kj::Promise<Existing> existing(uint64_t after);
  // One page: begin with 0, go on with the answer's `next` until that is 0.

  using Who = capnp::Response<proto::Attributor::WhoResults>;
  kj::Promise<Who> who(const Tuple& localFirst);
  // Both reject with DISCONNECTED while the attributor is away.

private:
  PeerConnection peer;

  proto::Attributor::Client client();
};

}  // namespace portreeve::policy
