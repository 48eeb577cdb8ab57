// SPDX-License-Identifier: GPL-3.0-or-later
// Who sits on a port that we need.
#pragma once

#include "cli/inet-listener.h"

#include <kj/vector.h>

namespace portreeve::cli {

kj::Maybe<kj::String> holderOfPort(Transport transport, const Address& address, uint16_t port);
// The process and its unit, in words; of this network namespace.

kj::Vector<kj::String> holdersOfPort(Transport transport, const Address& address, uint16_t port);
// All of them: with SO_REUSEADDR, which systemd sets, several UDP sockets share one address.

kj::Maybe<kj::String> otherHolderOfPort(Transport transport, const Address& address, uint16_t port);
bool suiteHoldsPort(Transport transport, const Address& address, uint16_t port);
// Told apart by isTheSuites.

bool isTheSuites(kj::StringPtr holder);
// So described by holderOfPort: one of its processes, or systemd, which holds the sockets that it
// hands over and gives nobody else these ports.

kj::Vector<uint64_t> socketsOnPort(kj::StringPtr table, Transport transport, const Address& address,
                                   uint16_t port);
// Inodes of the sockets in the text of /proc/net/{tcp,tcp6,udp,udp6} (proc(5)) that stand in the
// way of that address: bound to it or to all, TCP ones listening.

}  // namespace portreeve::cli
