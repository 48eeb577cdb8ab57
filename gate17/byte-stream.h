// SPDX-License-Identifier: GPL-3.0-or-later
// A stream whose two directions are ByteSinks (proto/gate-node.capnp), as KJ knows streams.
#pragma once

#include "proto/gate-node.capnp.h"

#include <kj/async-io.h>
#include <kj/refcount.h>

namespace portreeve::gate17 {

class IncomingBytes final : public kj::Refcounted {
  // What the other end writes: at most one write waits here, the next ones in the RPC's window.
public:
  kj::Promise<size_t> tryRead(kj::byte* buffer, size_t minBytes, size_t maxBytes);
  // 0 (or less than minBytes) at the end; rejects with DISCONNECTED when it broke off. One reader
  // at a time.

  kj::Promise<size_t> passTo(kj::AsyncOutputStream& to);
  // Writes what waits from where it lies, once something does. How much that was; 0 at the end.
  // Otherwise as tryRead.

  kj::Promise<void> write(kj::ArrayPtr<const kj::byte> bytes);
  // Resolves when they were read. `bytes` stay until then.
  void forget();  // they do not stay any longer
  void end();
  void breakOff(kj::Exception&& why);
  void stopReading();  // nobody will: writers are told

private:
  kj::ArrayPtr<const kj::byte> pending;
  kj::Maybe<kj::Own<kj::PromiseFulfiller<void>>> taken;    // of the write that waits
  kj::Maybe<kj::Own<kj::PromiseFulfiller<void>>> arrived;  // of the reader that waits
  bool ended = false;
  bool abandoned = false;
  kj::Maybe<kj::Exception> broken;
  kj::Canceler passing;  // from `pending`

  kj::Promise<size_t> readMore(kj::byte* buffer, size_t minBytes, size_t maxBytes, size_t done);
  kj::Promise<void> whenChanged();
  void consume(size_t bytes);
  void wake();
};

proto::ByteSink::Client makeSink(kj::Own<IncomingBytes> incoming);
// Whoever holds it writes. Dropped without an end it breaks off.

class ByteStream final : public kj::AsyncIoStream {
public:
  ByteStream(kj::Own<IncomingBytes> incoming, proto::ByteSink::Client out);
  ~ByteStream() noexcept(false);
  KJ_DISALLOW_COPY(ByteStream);

  kj::Promise<size_t> read(void* buffer, size_t minBytes, size_t maxBytes) override;
  kj::Promise<size_t> tryRead(void* buffer, size_t minBytes, size_t maxBytes) override;
  kj::Promise<void> write(const void* buffer, size_t size) override;
  kj::Promise<void> write(kj::ArrayPtr<const kj::ArrayPtr<const kj::byte>> pieces) override;
  kj::Promise<void> whenWriteDisconnected() override;
  void shutdownWrite() override;
  void getsockopt(int level, int option, void* value, kj::uint* length) override;
  // SO_SNDBUF alone: how much may be under way of a connection that this one carries.

  static constexpr size_t LONGEST_WRITE = 128 << 10;
  kj::Promise<void> send(kj::ArrayPtr<const kj::byte> bytes);
  // As write, of at most LONGEST_WRITE; they are copied before it returns.
  kj::Promise<size_t> passTo(kj::AsyncOutputStream& to) { return incoming->passTo(to); }

private:
  kj::Own<IncomingBytes> incoming;
  kj::Maybe<proto::ByteSink::Client> out;  // until it was ended

  kj::Promise<void> writeMore(kj::ArrayPtr<const kj::byte> rest);
};

}  // namespace portreeve::gate17
