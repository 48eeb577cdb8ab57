// SPDX-License-Identifier: GPL-3.0-or-later
// What a node knows of who uses it, since it started: for `portreeve gate status`.
#pragma once

#include "common/settings.h"
#include "common/socket-address.h"
#include "gate17/node.h"
#include "proto/gate-view.capnp.h"

#include <kj/memory.h>
#include <kj/vector.h>

#include <cstdint>
#include <list>

namespace portreeve::gate17 {

class NodeLedger {
  struct Client;

public:
  explicit NodeLedger(const Settings::Node& settings);
  // `settings` outlives it.
  KJ_DISALLOW_COPY(NodeLedger);

  struct Connection {
    const SocketAddress from;
    const uint64_t sinceNs;  // wall clock
    NodeUse use;

    Connection(Client& client, const SocketAddress& from);
    ~Connection() noexcept(false);
    KJ_DISALLOW_COPY(Connection);

  private:
    Client& client;
  };
  kj::Own<Connection> open(kj::StringPtr key, const SocketAddress& from);
  // Of a client that the settings know; counted as open until it is dropped. The ledger outlives
  // it.

  kj::StringPtr nameOf(kj::StringPtr key) const;  // empty: nobody's
  void wrongKey(kj::StringPtr key, const SocketAddress& from);
  void quoted() { quotes++; }
  void turnedAway() { away++; }
  void handshakeFailed() { handshakes++; }  // also because of a wrong key

  void fill(proto::view::GateNode::Builder view) const;
  // Clients and strangers; not what the node itself is.

private:
  struct Client {
    const Settings::NodeClient& known;
    std::list<Connection*> connections;  // the oldest first
    NodeUse gone;                        // of those that are over
    uint64_t seenNs = 0;                 // when the last one ended; 0: never

    explicit Client(const Settings::NodeClient& known) : known(known) {}
    void fill(proto::view::GateNodeClient::Builder view) const;
  };

  kj::Vector<kj::Own<Client>> clients;
  uint64_t quotes = 0, away = 0, handshakes = 0, wrongKeys = 0;
  kj::String lastWrongKey, lastWrongFrom;
  uint64_t lastWrongNs = 0;

  Client& clientOf(kj::StringPtr key);
};

}  // namespace portreeve::gate17
