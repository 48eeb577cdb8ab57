// SPDX-License-Identifier: GPL-3.0-or-later
// A client's datagrams where they leave the node.
#pragma once

#include "gate17/node.h"

namespace portreeve::gate17 {

proto::PacketSink::Client makeExitPackets(const NodeParts& parts, NodeUse& use,
                                          proto::PacketSink::Client back);
// What is sent to it goes out from a socket of its own for each family; what comes from whoever was
// sent to goes back. Counts as one stream of `use`.

}  // namespace portreeve::gate17
