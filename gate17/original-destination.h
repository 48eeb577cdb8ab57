// SPDX-License-Identifier: GPL-3.0-or-later
// Where a TCP connection was going before NAT turned it to us.
#pragma once

#include "common/socket-address.h"

namespace portreeve::gate17 {

kj::Maybe<SocketAddress> originalDestination(int fd);
// SO_ORIGINAL_DST, IP6T_SO_ORIGINAL_DST of an accepted socket. Nullptr: nothing turned it, it was
// meant for us.

}  // namespace portreeve::gate17
