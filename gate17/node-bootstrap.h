// SPDX-License-Identifier: GPL-3.0-or-later
// What a peer of gate-node.sock gets (proto/node.capnp).
#pragma once

#include "common/peer.h"
#include "proto/node.capnp.h"

#include <kj/function.h>

namespace portreeve::gate17 {

struct NodeBootstrapParts {
  kj::Function<void(proto::view::GateNode::Builder)> fillNode;
  kj::Function<void(proto::view::ProcessStatus::Builder)> fillStatus;
};

proto::NodeObserver::Client makeNodeBootstrap(NodeBootstrapParts& parts, Entitlement peer);
// `parts` outlives it. The RPC server lets only those in who may observe.

}  // namespace portreeve::gate17
