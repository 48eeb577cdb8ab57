// SPDX-License-Identifier: GPL-3.0-or-later
// A connection to a peer that may be absent, die and come back: dials its socket, with back-off
// from 10 ms to 1 s, and says each time it is up so that the owner can re-establish its state.
#pragma once

#include <capnp/capability.h>
#include <kj/async-io.h>
#include <kj/function.h>
#include <kj/memory.h>
#include <kj/string.h>
#include <kj/timer.h>

namespace portreeve {

class PeerConnection {
public:
  using OnConnected = kj::Function<kj::Promise<void>(capnp::Capability::Client)>;

  PeerConnection(kj::LowLevelAsyncIoProvider& provider, kj::Timer& timer, kj::StringPtr path,
                 OnConnected onConnected);
  // Starts dialling at once. `onConnected` is run after each connect with the peer's bootstrap;
  // what its promise rejects with is logged and the connection dialled again. While it is down
  // calls on old capabilities reject with DISCONNECTED. `provider` and `timer` outlive this object.
  ~PeerConnection() noexcept(false);
  KJ_DISALLOW_COPY(PeerConnection);

  bool connected() const;  // onConnected has resolved and the peer has not gone since
  kj::Maybe<capnp::Capability::Client> bootstrap();  // nullptr while down
  kj::Promise<void> whenConnected();  // resolves at once when it is; else at the next success

private:
  struct Impl;
  kj::Own<Impl> impl;
};

class OneConnection {
  // For the command: dial once, use, close. Throws DISCONNECTED when nobody listens.
public:
  static kj::Promise<kj::Own<OneConnection>> dial(kj::LowLevelAsyncIoProvider& provider,
                                                  kj::StringPtr path);
  virtual capnp::Capability::Client bootstrap() = 0;
  virtual kj::Promise<void> whenGone() = 0;  // resolves when the peer has closed the connection
  virtual ~OneConnection() noexcept(false) = default;
};

}  // namespace portreeve
