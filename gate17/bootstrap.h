// SPDX-License-Identifier: GPL-3.0-or-later
// What a peer of gate.sock gets (proto/gate.capnp).
#pragma once

#include "common/peer.h"
#include "gate17/ways.h"
#include "proto/gate.capnp.h"

#include <kj/function.h>

namespace portreeve::gate17 {

struct BootstrapParts {
  Ways& ways;
  kj::Timer& timer;
  kj::Function<void(proto::view::ProcessStatus::Builder)> fillStatus;
};

proto::Gate::Client makeBootstrap(BootstrapParts& parts, Entitlement peer);
// `parts` outlives it. The RPC server lets only those in who may observe.

}  // namespace portreeve::gate17
