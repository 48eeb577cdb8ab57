// SPDX-License-Identifier: GPL-3.0-or-later
// What one client of a node holds (proto/gate-node.capnp): streams and datagrams out of it.
#pragma once

#include "gate17/exit-rules.h"
#include "gate17/lookups.h"
#include "gate17/traffic.h"
#include "gate17/transfer.h"
#include "proto/gate-node.capnp.h"

#include <kj/async-unix.h>
#include <kj/timer.h>

namespace portreeve::gate17 {

struct NodeParts {
  // All outlive the nodes.
  kj::UnixEventPort& port;
  kj::Timer& timer;
  Transfer& transfer;
  Lookups& lookups;
  const ExitRules& rules;
};

struct NodeUse {
  // Of one client's connection; outlives its node.
  size_t streams = 0;    // open now
  uint64_t opened = 0;   // so far
  uint64_t refused = 0;  // not let out by the rules, or too many
  uint64_t failed = 0;   // no such name, or nobody answered
  Traffic traffic;
};

constexpr size_t MOST_STREAMS = 12000;  // of one connection

proto::Node::Client makeNode(const NodeParts& parts, NodeUse& use);

}  // namespace portreeve::gate17
