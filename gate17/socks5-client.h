// SPDX-License-Identifier: GPL-3.0-or-later
// The client's side of a SOCKS5 conversation over any stream.
#pragma once

#include "gate17/socks5.h"

#include <kj/async-io.h>

namespace portreeve::gate17::socks5 {

kj::Promise<void> authenticate(kj::AsyncIoStream& stream,
                               const kj::Maybe<Credentials>& credentials);
// Greeting and, where the server wants it, user and password. Rejects with DISCONNECTED when the
// server does not let us in or is none. Both arguments outlive the promise.

kj::Promise<SocketAddress> ask(kj::AsyncIoStream& stream, Command command, const Target& target);
// One request; the address that the server bound for it (unspecified where it says a name). Rejects
// with FAILED when the server refuses, in its words; with DISCONNECTED when it breaks off.

}  // namespace portreeve::gate17::socks5
