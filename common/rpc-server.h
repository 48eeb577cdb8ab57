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

  enum class Admits {
    ENTITLED,  // who may observe at least
    PEOPLE,    // any person of this machine (peer.h) besides, so many connections each and in all
  };
  static constexpr unsigned MOST = 512;
  static constexpr unsigned MOST_OF_PEOPLE = 384;
  static constexpr unsigned MOST_OF_PERSON = 40;

  RpcServer(kj::LowLevelAsyncIoProvider& provider, int listenFd, const Accounts& accounts,
            BootstrapFactory factory, Admits admits = Admits::ENTITLED);
  // Takes over `listenFd` (SOCK_STREAM, listening). Connections past MOST are closed at once, so
  // are those of nobody who is admitted. Messages are limited to 1 MiB, answers to
  // 16; file descriptors to 4 a message.
  ~RpcServer() noexcept(false);
  KJ_DISALLOW_COPY(RpcServer);

  kj::Promise<void> serve();
  // Never resolves; rejects only if accepting itself fails.

private:
  struct Impl;
  kj::Own<Impl> impl;
};

}  // namespace portreeve
