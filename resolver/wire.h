// SPDX-License-Identifier: GPL-3.0-or-later
// An octet stream to an upstream: TCP, or TLS on it.
#pragma once

#include <kj/array.h>
#include <kj/async-io.h>
#include <kj/async.h>

namespace portreeve::resolver {

class Wire {
public:
  virtual ~Wire() noexcept(false) {}

  virtual kj::Promise<void> write(kj::Array<kj::byte> octets) = 0;
  // One at a time.

  virtual kj::Promise<size_t> read(void* buffer, size_t least, size_t most) = 0;
  // Resolves with fewer than `least` at the end of the stream. One at a time.
};

kj::Own<Wire> plainWire(kj::Own<kj::AsyncIoStream> stream);

class Dialer {
public:
  virtual ~Dialer() noexcept(false) {}
  virtual kj::Promise<kj::Own<Wire>> dial() = 0;
  // A new connection. Rejects (DISCONNECTED) with the reason, in words for people.
};

}  // namespace portreeve::resolver
