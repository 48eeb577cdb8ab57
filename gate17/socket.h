// SPDX-License-Identifier: GPL-3.0-or-later
// A connected TCP socket as a KJ stream, and besides as what it is: a relay that waits for bytes
// without holding a buffer needs to know the descriptor. (kj::AsyncIoStream hides its own.)
#pragma once

#include "common/socket-address.h"

#include <kj/async-io.h>
#include <kj/async-unix.h>
#include <kj/io.h>

namespace portreeve::gate17 {

class Socket final : public kj::AsyncIoStream {
public:
  Socket(kj::UnixEventPort& port, kj::AutoCloseFd fd);
  // Connected (or about to be) and non-blocking.
  KJ_DISALLOW_COPY(Socket);

  static kj::Promise<kj::Own<Socket>> connect(kj::UnixEventPort& port, const SocketAddress& to);
  // Rejects with DISCONNECTED and the kernel's reason. Without a limit in time.

  kj::Promise<size_t> read(void* buffer, size_t minBytes, size_t maxBytes) override;
  kj::Promise<size_t> tryRead(void* buffer, size_t minBytes, size_t maxBytes) override;
  kj::Promise<void> write(const void* buffer, size_t size) override;
  kj::Promise<void> write(kj::ArrayPtr<const kj::ArrayPtr<const kj::byte>> pieces) override;
  kj::Promise<void> whenWriteDisconnected() override;
  void shutdownWrite() override;
  void getsockopt(int level, int option, void* value, kj::uint* length) override;
  void getpeername(struct sockaddr* address, kj::uint* length) override;

  kj::Promise<void> whenReadable() { return observer.whenBecomesReadable(); }
  kj::Promise<void> whenWritable() { return observer.whenBecomesWritable(); }
  // Edges: wait only after a call has said EAGAIN. One waiter a direction at a time.

  int fd() const { return descriptor.get(); }
  void reset();
  // What is sent when it is closed is a reset, not an end: whoever reads there must not take what
  // came for the whole.
  void endWell();  // not so any more
  void acknowledge();
  // At once, once: a peer that does not send small pieces while the last one is not acknowledged
  // (Nagle) would wait for our kernel's 40 ms.

private:
  kj::AutoCloseFd descriptor;
  kj::UnixEventPort::FdObserver observer;

  kj::Promise<size_t> readMore(kj::byte* buffer, size_t minBytes, size_t maxBytes, size_t done);
  kj::Promise<void> writeMore(kj::ArrayPtr<const kj::byte> rest);
  kj::Promise<void> writePieces(kj::ArrayPtr<const kj::ArrayPtr<const kj::byte>> pieces);
};

SocketAddress localAddressOf(int fd);   // getsockname(2); throws FAILED
SocketAddress remoteAddressOf(int fd);  // getpeername(2); throws DISCONNECTED when it has gone

}  // namespace portreeve::gate17
