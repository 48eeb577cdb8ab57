// SPDX-License-Identifier: GPL-3.0-or-later
// The server's side of a SOCKS5 conversation, for programs that speak to the entrypoint themselves.
#pragma once

#include "gate17/socks5.h"

#include <kj/async-io.h>

namespace portreeve::gate17::socks5 {

struct Request {
  Command command = Command::CONNECT;
  Target target;
};

kj::Promise<Request> hear(kj::AsyncIoStream& stream);
// Greeting and request of a client that is let in without a password (who it is policy knows).
// Rejects with DISCONNECTED when it does not speak SOCKS5, having told it as far as the protocol
// has words for that.

kj::Promise<void> answer(kj::AsyncIoStream& stream, Reply code, const SocketAddress& bound = {});

}  // namespace portreeve::gate17::socks5
