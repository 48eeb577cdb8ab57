// SPDX-License-Identifier: GPL-3.0-or-later
// A Gate17 node of this machine's (portreeve-gate --node), as `portreeve gate status` shows it.
#pragma once

#include "proto/gate-view.capnp.h"

#include <kj/string.h>

namespace portreeve::cli {

kj::String nodeText(proto::view::GateNode::Reader node);
// What it is, a table of its clients, who was not let in.

}  // namespace portreeve::cli
