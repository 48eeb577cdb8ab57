// SPDX-License-Identifier: GPL-3.0-or-later
// A Gate17 node as a whole: accepts, tells clients with a key from people who want a quote, and
// gives each client a Node.
#pragma once

#include "common/accounts.h"
#include "common/rpc-server.h"
#include "common/service.h"
#include "common/settings.h"
#include "common/status.h"
#include "gate17/datagram-socket.h"
#include "gate17/keys.h"
#include "gate17/listener.h"
#include "gate17/node-bootstrap.h"
#include "gate17/node-ledger.h"
#include "gate17/node-sockets.h"
#include "gate17/node.h"
#include "gate17/quote.h"
#include "gate17/socket.h"
#include "gate17/tls-stream.h"

#include <kj/async-io.h>

namespace portreeve::gate17 {

class NodeService final : private kj::TaskSet::ErrorHandler {
public:
  NodeService(kj::AsyncIoContext& io, const Accounts& accounts, const Settings::Node& settings,
              const PrivateKey& key, NodeSockets sockets);
  // `accounts` and `settings` outlive it. Without a socket for RPC nobody can ask how it does.
  KJ_DISALLOW_COPY(NodeService);

  void setLandlock(kj::StringPtr words) { ownStatus.setLandlock(words); }

  kj::Promise<void> serve();
  // Never resolves.

  void fillNode(proto::view::GateNode::Builder view) const;

private:
  struct Client;

  kj::UnixEventPort& port;
  kj::Timer& timer;
  const Settings::Node& settings;
  const kj::String publicKey;
  const uint64_t startedNs;  // wall clock
  NodeLedger ledger;
  TlsContext tls;
  ExitRules rules;
  Lookups lookups;
  Transfer transfer;
  NodeParts parts;
  QuoteLimit limit;
  size_t strangers = 0;  // that have not shown a key yet
  kj::Vector<kj::Own<Listener>> listeners;
  kj::Vector<kj::Own<DatagramSocket>> quoters;
  kj::Vector<kj::String> listening;
  kj::TaskSet tasks;
  OwnStatus ownStatus;
  NodeBootstrapParts bootstrap;
  kj::Maybe<kj::Own<RpcServer>> rpc;

  bool knows(kj::StringPtr key, Socket& stream);
  void take(kj::AutoCloseFd accepted);
  kj::Promise<void> receive(kj::Own<Socket> socket);
  kj::Promise<void> serveClient(kj::Own<Socket> socket);
  kj::Promise<void> quote(kj::Own<Socket> socket);
  kj::Promise<void> quoteDatagrams(DatagramSocket& socket);
  void fillStatus(proto::view::ProcessStatus::Builder view);
  void taskFailed(kj::Exception&& e) override;
};

}  // namespace portreeve::gate17
