// SPDX-License-Identifier: GPL-3.0-or-later
// For tests: a node, a client that it knows, and a server that it can reach.
#pragma once

#include "gate17/node-service.h"
#include "gate17/node-way.h"
#include "gate17/test-listening.h"

#include <capnp/message.h>
#include <kj/async-io.h>
#include <kj/debug.h>

namespace portreeve::gate17 {

struct Site {
  kj::AsyncIoContext io = kj::setupAsyncIo();
  Accounts accounts = Accounts::read();
  PrivateKey nodeKey = PrivateKey::make();
  PrivateKey clientKey = PrivateKey::make();
  Settings::Node settings;
  SocketAddress nodeAt, serverAt;
  kj::Own<kj::ConnectionReceiver> server;
  kj::Maybe<kj::Own<NodeService>> node;
  kj::Promise<void> serving = nullptr;

  explicit Site(Scope exit = Scope::LOCALHOST) {
    settings.exit.add(exit);
    settings.clients.add(Settings::NodeClient{kj::str("test"), clientKey.publicKey()});
    NodeSockets sockets;
    sockets.tcp.add(service::HandedSocket{kj::str("node-tcp"), listening(nodeAt)});
    auto made = kj::heap<NodeService>(io, accounts, settings, nodeKey, kj::mv(sockets));
    serving = made->serve().eagerlyEvaluate(nullptr);
    node = kj::mv(made);
    server = io.lowLevelProvider->wrapListenSocketFd(listening(serverAt).release(),
                                                     kj::LowLevelAsyncIoProvider::TAKE_OWNERSHIP);
  }

  kj::Own<NodeWay> way(const PrivateKey& own, kj::StringPtr key) {
    return kj::heap<NodeWay>(
        io.provider->getTimer(),
        [this]() {
          return Socket::connect(io.unixEventPort, nodeAt).then([](kj::Own<Socket> socket) {
            return kj::Own<kj::AsyncIoStream>(kj::mv(socket));
          });
        },
        own, kj::str(key));
  }
  kj::Own<NodeWay> way() { return way(clientKey, nodeKey.publicKey()); }

  kj::Own<capnp::MallocMessageBuilder> status() {
    auto message = kj::heap<capnp::MallocMessageBuilder>();
    KJ_ASSERT_NONNULL(node)->fillNode(message->initRoot<proto::view::GateNode>());
    return message;
  }

  kj::Exception::Type failureOf(Way& way) {
    auto e = KJ_ASSERT_NONNULL(
        kj::runCatchingExceptions([&]() { way.open(Target::at(serverAt)).wait(io.waitScope); }));
    return e.getType();
  }
};

}  // namespace portreeve::gate17
