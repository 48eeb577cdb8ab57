// SPDX-License-Identifier: GPL-3.0-or-later
// Serves one bootstrap per connection on a handed-over listening Unix socket, each made for the
// peer that connected: authority is which bootstrap, and which of its methods, a peer gets.
#pragma once

#include "common/peer.h"

#include <capnp/capability.h>
#include <kj/async-io.h>
#include <kj/function.h>
#include <kj/memory.h>

namespace portreeve {

class RpcServer {
public:
  using BootstrapFactory = kj::Function<capnp::Capability::Client(Entitlement)>;

  RpcServer(kj::LowLevelAsyncIoProvider& provider, int listenFd, const Accounts& accounts,
            BootstrapFactory factory);
  // Takes over `listenFd` (SOCK_STREAM, listening). Connections past 256 are closed at once
  // (counted). Messages are limited to 1 MiB; file descriptors to 4 a message.
  ~RpcServer() noexcept(false);
  KJ_DISALLOW_COPY(RpcServer);

  kj::Promise<void> serve();
  // Never resolves; rejects only if accepting itself fails.

private:
  struct Impl;
  kj::Own<Impl> impl;
};

}  // namespace portreeve
