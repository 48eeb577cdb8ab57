// SPDX-License-Identifier: GPL-3.0-or-later
// One connection that carries a Cap'n Proto RPC of a node, as either end has it.
#pragma once

#include <capnp/rpc-twoparty.h>
#include <kj/async-io.h>

namespace portreeve::gate17 {

class MeasuredStream final : public kj::AsyncIoStream {
  // What the RPC writes to: it says how much may be under way for each stream.
public:
  MeasuredStream(kj::Own<kj::AsyncIoStream> below, const size_t& streams)
      : below(kj::mv(below)), streams(streams) {}

  kj::Promise<size_t> read(void* buffer, size_t minBytes, size_t maxBytes) override {
    return below->read(buffer, minBytes, maxBytes);
  }
  kj::Promise<size_t> tryRead(void* buffer, size_t minBytes, size_t maxBytes) override {
    return below->tryRead(buffer, minBytes, maxBytes);
  }
  kj::Promise<void> write(const void* buffer, size_t size) override {
    return below->write(buffer, size);
  }
  kj::Promise<void> write(kj::ArrayPtr<const kj::ArrayPtr<const kj::byte>> pieces) override {
    return below->write(pieces);
  }
  kj::Promise<void> whenWriteDisconnected() override { return below->whenWriteDisconnected(); }
  void shutdownWrite() override { below->shutdownWrite(); }

  void getsockopt(int level, int option, void* value, kj::uint* length) override;
  // SO_SNDBUF alone: the window of a stream (capnp's flow control asks for it).

private:
  kj::Own<kj::AsyncIoStream> below;
  const size_t& streams;
};

class NodeLink {
public:
  NodeLink(kj::Own<kj::AsyncIoStream> stream, const size_t& streams,
           capnp::rpc::twoparty::Side side, capnp::Capability::Client bootstrap);
  NodeLink(kj::Own<kj::AsyncIoStream> stream, const size_t& streams);
  // The client's end. `streams` (how many are open) outlives it.
  KJ_DISALLOW_COPY(NodeLink);

  capnp::Capability::Client bootstrap();  // of the other end
  kj::Promise<void> whenGone() { return network.onDisconnect(); }

private:
  kj::Own<MeasuredStream> stream;
  capnp::TwoPartyVatNetwork network;
  capnp::RpcSystem<capnp::rpc::twoparty::VatId> system;
};

}  // namespace portreeve::gate17
