// SPDX-License-Identifier: GPL-3.0-or-later
#include "gate17/node-service.h"

#include "common/clock.h"
#include "common/log.h"
#include "gate17/node-link.h"

#include <errno.h>
#include <kj/debug.h>
#include <sys/socket.h>

namespace portreeve::gate17 {
namespace {

constexpr size_t MOST_STRANGERS = 256;
constexpr auto SILENCE = 500 * kj::MILLISECONDS;  // of one who waits for a quote
constexpr auto HANDSHAKE_WITHIN = 10 * kj::SECONDS;
constexpr unsigned DATAGRAMS_A_TURN = 64;
constexpr kj::byte TLS_HANDSHAKE = 22;  // RFC 8446, 5.1

bool beginsTls(int fd) {
  kj::byte first = 0;
  return recv(fd, &first, 1, MSG_PEEK) == 1 && first == TLS_HANDSHAKE;
}

}  // namespace

struct NodeService::Client {
  kj::String name;
  kj::Own<NodeLedger::Connection> entry;
  NodeLink link;

  Client(const NodeParts& parts, kj::StringPtr name, kj::Own<NodeLedger::Connection> opened,
         kj::Own<kj::AsyncIoStream> stream)
      : name(kj::str(name)),
        entry(kj::mv(opened)),
        link(kj::mv(stream), entry->use.streams, capnp::rpc::twoparty::Side::SERVER,
             makeNode(parts, entry->use)) {
    log::info(kj::str("client \"", name, "\" is here"));
  }
  ~Client() noexcept(false) {
    auto& traffic = entry->use.traffic;
    log::info(kj::str("client \"", name, "\" has gone: ", traffic.out, " bytes out, ", traffic.in,
                      " bytes in"));
  }
};

NodeService::NodeService(kj::AsyncIoContext& io, const Accounts& accounts,
                         const Settings::Node& settings, const PrivateKey& key, NodeSockets sockets)
    : port(io.unixEventPort),
      timer(io.provider->getTimer()),
      settings(settings),
      publicKey(key.publicKey()),
      startedNs(wallNs()),
      ledger(settings),
      tls(key,
          [this](kj::StringPtr shown, kj::AsyncIoStream& below) {
            return knows(shown, kj::downcast<Socket>(below));
          }),
      rules(settings),
      lookups(io.provider->getNetwork(), timer),
      parts{port, timer, transfer, lookups, rules},
      tasks(*this),
      ownStatus(Role::GATE),
      bootstrap{[this](proto::view::GateNode::Builder view) { fillNode(view); },
                [this](proto::view::ProcessStatus::Builder view) { fillStatus(view); }} {
  ownStatus.setState("running");
  KJ_IF_MAYBE (fd, sockets.rpc)
    rpc = kj::heap<RpcServer>(
        *io.lowLevelProvider, fd->release(), accounts,
        [this](Entitlement peer) { return makeNodeBootstrap(bootstrap, kj::mv(peer)); });
  for (auto& socket : sockets.tcp) listening.add(localAddressOf(socket.fd).toString());
  for (auto& socket : sockets.tcp)
    listeners.add(kj::heap<Listener>(port, timer, kj::mv(socket.fd),
                                     [this](kj::AutoCloseFd fd) { take(kj::mv(fd)); }));
  for (auto& socket : sockets.udp) quoters.add(kj::heap<DatagramSocket>(port, kj::mv(socket.fd)));
}

kj::Promise<void> NodeService::serve() {
  kj::Promise<void> all = kj::NEVER_DONE;
  for (auto& listener : listeners) all = all.exclusiveJoin(listener->run());
  for (auto& quoter : quoters) all = all.exclusiveJoin(quoteDatagrams(*quoter));
  KJ_IF_MAYBE (server, rpc) all = all.exclusiveJoin((*server)->serve());
  return all;
}

bool NodeService::knows(kj::StringPtr key, Socket& stream) {
  if (ledger.nameOf(key).size() > 0) return true;
  // It may have gone before it was asked who it is.
  kj::runCatchingExceptions([&]() { ledger.wrongKey(key, remoteAddressOf(stream.fd())); });
  return false;
}

void NodeService::take(kj::AutoCloseFd accepted) {
  // Past so many strangers the next is sent away; clients that are in have their connection.
  if (strangers >= MOST_STRANGERS) return ledger.turnedAway();
  strangers++;
  tasks.add(receive(kj::heap<Socket>(port, kj::mv(accepted))));
}

kj::Promise<void> NodeService::receive(kj::Own<Socket> socket) {
  auto& waiting = *socket;
  auto spoken = waiting.whenReadable().exclusiveJoin(timer.afterDelay(SILENCE));
  return spoken.then([this, socket = kj::mv(socket)]() mutable {
    return beginsTls(socket->fd()) ? serveClient(kj::mv(socket)) : quote(kj::mv(socket));
  });
}

kj::Promise<void> NodeService::serveClient(kj::Own<Socket> socket) {
  auto& plain = *socket;
  return timer.timeoutAfter(HANDSHAKE_WITHIN, tls.accept(kj::mv(socket)))
      .then(
          [this, &plain](kj::Own<TlsStream> stream) {
            strangers--;
            auto from = remoteAddressOf(plain.fd());
            auto name = ledger.nameOf(stream->peerKey());
            auto entry = ledger.open(stream->peerKey(), from);
            auto client = kj::heap<Client>(parts, name, kj::mv(entry), kj::mv(stream));
            auto gone = client->link.whenGone();
            return gone.attach(kj::mv(client));
          },
          [this](kj::Exception&& e) -> kj::Promise<void> {
            strangers--;
            ledger.handshakeFailed();
            return kj::mv(e);
          });
}

kj::Promise<void> NodeService::quote(kj::Own<Socket> socket) {
  strangers--;
  ledger.quoted();
  auto words = quoteOfTheDay(wallNs());
  auto said = socket->write(words.begin(), words.size());
  return said.then([&socket = *socket]() { socket.shutdownWrite(); }).attach(kj::mv(socket));
}

kj::Promise<void> NodeService::quoteDatagrams(DatagramSocket& socket) {
  for (unsigned i = 0; i < DATAGRAMS_A_TURN; i++) {
    KJ_IF_MAYBE (received, socket.tryReceive()) {
      if (limit.allow(monotonicNs())) {
        ledger.quoted();
        socket.sendTo(received->from, quoteOfTheDay(wallNs()).asBytes());
      }
    } else {
      return socket.whenReadable().then([this, &socket]() { return quoteDatagrams(socket); });
    }
  }
  return timer.afterDelay(0 * kj::NANOSECONDS).then([this, &socket]() {
    return quoteDatagrams(socket);
  });
}

void NodeService::fillNode(proto::view::GateNode::Builder view) const {
  view.setType("node");
  view.setKey(publicKey);
  view.setSince(rfc3339(startedNs));
  view.setUptime(double(wallNs() - startedNs) / 1e9);
  auto places = view.initListen(uint(listening.size()));
  for (uint i = 0; i < places.size(); i++) places.set(i, listening[i]);
  auto exits = view.initExit(uint(settings.exit.size()));
  for (uint i = 0; i < exits.size(); i++) exits.set(i, toText(settings.exit[i]));
  ledger.fill(view);
}

void NodeService::fillStatus(proto::view::ProcessStatus::Builder view) {
  ownStatus.fill(view);
  view.setName("gate-node");
}

void NodeService::taskFailed(kj::Exception&& e) {
  log::debug(kj::str("a connection: ", e.getDescription()));
}

}  // namespace portreeve::gate17
