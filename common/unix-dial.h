// SPDX-License-Identifier: GPL-3.0-or-later
// Connecting to a peer's Unix socket by its path (unix(7)).
#pragma once

#include <kj/io.h>
#include <kj/string.h>

namespace portreeve {

kj::AutoCloseFd dialUnix(kj::StringPtr path, int type);
// `type`: SOCK_STREAM or SOCK_SEQPACKET. Connected, non-blocking and close-on-exec. Throws
// DISCONNECTED when nobody listens.

}  // namespace portreeve
