// SPDX-License-Identifier: GPL-3.0-or-later
// Datagrams over PacketSinks (proto/gate-node.capnp).
#pragma once

#include "gate17/datagrams.h"
#include "proto/gate-node.capnp.h"

#include <kj/refcount.h>

#include <deque>

namespace portreeve::gate17 {

class IncomingPackets final : public kj::Refcounted {
public:
  static constexpr size_t MOST = 64;  // that wait; past them the newest are lost

  void add(Datagram datagram);
  void end();
  kj::Promise<Datagram> receive();
  // Rejects with DISCONNECTED when there will be no more. One waiter at a time.

private:
  std::deque<Datagram> waiting;
  bool ended = false;
  kj::Maybe<kj::Own<kj::PromiseFulfiller<void>>> arrived;
};

proto::PacketSink::Client makeSink(kj::Own<IncomingPackets> incoming);
// Whoever holds it sends. Dropped it ends.

class PacketStream final : public Datagrams {
public:
  PacketStream(kj::Own<IncomingPackets> incoming, proto::PacketSink::Client out);
  KJ_DISALLOW_COPY(PacketStream);

  void send(const Target& to, kj::ArrayPtr<const kj::byte> bytes) override;
  kj::Promise<Datagram> receive() override;

private:
  static constexpr size_t MOST_UNDER_WAY = 64;

  kj::Own<IncomingPackets> incoming;
  proto::PacketSink::Client out;
  size_t underWay = 0;  // sends that the window has no room for yet; past the most they are lost
  kj::Promise<void> sending = kj::READY_NOW;
};

}  // namespace portreeve::gate17
