// SPDX-License-Identifier: GPL-3.0-or-later
// The sockets of a node: handed over, or made here where nobody did.
#pragma once

#include "common/directories.h"
#include "common/service.h"
#include "common/settings.h"

#include <kj/vector.h>

namespace portreeve::gate17 {

struct NodeSockets {
  kj::Vector<service::HandedSocket> tcp;  // "node-tcp…"
  kj::Vector<service::HandedSocket> udp;  // "node-udp…": for the quote alone
  kj::Maybe<kj::AutoCloseFd> rpc;         // "rpc": for this machine's people

  static NodeSockets take(service::HandedSockets handed, const Settings::Node& settings,
                          const Directories& directories);
  // Throws FAILED with the address or path that cannot be had. A family that this machine lacks is
  // left out.
};

}  // namespace portreeve::gate17
