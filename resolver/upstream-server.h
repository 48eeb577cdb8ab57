// SPDX-License-Identifier: GPL-3.0-or-later
// One upstream as it is asked: the ways to it, and how it does. Shared by all routes that name it,
// so that what is known of it outlives a change of the network.
#pragma once

#include "resolver/transport.h"
#include "resolver/upstream-state.h"
#include "resolver/upstream.h"

#include <kj/memory.h>
#include <kj/refcount.h>

namespace portreeve::resolver {

struct UpstreamTransports {
  kj::Own<Transport> usual;
  kj::Maybe<kj::Own<Transport>> whenCut;  // for answers that UDP had to cut
};

struct UpstreamServer final : public kj::Refcounted {
  UpstreamServer(Upstream upstream, UpstreamTransports transports)
      : upstream(kj::mv(upstream)),
        text(this->upstream.toString()),
        transports(kj::mv(transports)) {}

  Upstream upstream;
  kj::String text;
  UpstreamTransports transports;
  UpstreamState state;
  bool asksUs = false;  // a question to it comes back to us (loop-probe.h): it is left aside
};

}  // namespace portreeve::resolver
