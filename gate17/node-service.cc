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
  NodeUse use;
  NodeLink link;

  Client(const NodeParts& parts, kj::StringPtr name, kj::Own<kj::AsyncIoStream> stream)
      : name(kj::str(name)),
        link(kj::mv(stream), use.streams, capnp::rpc::twoparty::Side::SERVER,
             makeNode(parts, use)) {
    log::info(kj::str("client \"", name, "\" is here"));
  }
  ~Client() noexcept(false) {
    log::info(kj::str("client \"", name, "\" has gone: ", use.traffic.out, " bytes out, ",
                      use.traffic.in, " bytes in"));
  }
};

NodeService::NodeService(kj::AsyncIoContext& io, const Settings::Node& settings,
                         const PrivateKey& key, NodeSockets sockets)
    : port(io.unixEventPort),
      timer(io.provider->getTimer()),
      settings(settings),
      tls(key, [this](kj::StringPtr shown) { return nameOf(shown).size() > 0; }),
      rules(settings),
      lookups(io.provider->getNetwork(), timer),
      parts{port, timer, transfer, lookups, rules},
      tasks(*this) {
  for (auto& socket : sockets.tcp)
    listeners.add(kj::heap<Listener>(port, timer, kj::mv(socket.fd),
                                     [this](kj::AutoCloseFd fd) { take(kj::mv(fd)); }));
  for (auto& socket : sockets.udp) quoters.add(kj::heap<DatagramSocket>(port, kj::mv(socket.fd)));
}

kj::Promise<void> NodeService::serve() {
  kj::Promise<void> all = kj::NEVER_DONE;
  for (auto& listener : listeners) all = all.exclusiveJoin(listener->run());
  for (auto& quoter : quoters) all = all.exclusiveJoin(quoteDatagrams(*quoter));
  return all;
}

kj::StringPtr NodeService::nameOf(kj::StringPtr key) const {
  for (auto& client : settings.clients)
    if (client.key == key) return client.name;
  return "";
}

void NodeService::take(kj::AutoCloseFd accepted) {
  // Past so many strangers the next is sent away; clients that are in have their connection.
  if (strangers >= MOST_STRANGERS) return;
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
  return timer.timeoutAfter(HANDSHAKE_WITHIN, tls.accept(kj::mv(socket)))
      .then(
          [this](kj::Own<TlsStream> stream) {
            strangers--;
            auto name = nameOf(stream->peerKey());
            auto client = kj::heap<Client>(parts, name, kj::mv(stream));
            auto gone = client->link.whenGone();
            return gone.attach(kj::mv(client));
          },
          [this](kj::Exception&& e) -> kj::Promise<void> {
            strangers--;
            return kj::mv(e);
          });
}

kj::Promise<void> NodeService::quote(kj::Own<Socket> socket) {
  strangers--;
  auto words = quoteOfTheDay(wallNs());
  auto said = socket->write(words.begin(), words.size());
  return said.then([&socket = *socket]() { socket.shutdownWrite(); }).attach(kj::mv(socket));
}

kj::Promise<void> NodeService::quoteDatagrams(DatagramSocket& socket) {
  for (unsigned i = 0; i < DATAGRAMS_A_TURN; i++) {
    KJ_IF_MAYBE (received, socket.tryReceive()) {
      if (limit.allow(monotonicNs()))
        socket.sendTo(received->from, quoteOfTheDay(wallNs()).asBytes());
    } else {
      return socket.whenReadable().then([this, &socket]() { return quoteDatagrams(socket); });
    }
  }
  return timer.afterDelay(0 * kj::NANOSECONDS).then([this, &socket]() {
    return quoteDatagrams(socket);
  });
}

void NodeService::taskFailed(kj::Exception&& e) {
  log::debug(kj::str("a connection: ", e.getDescription()));
}

}  // namespace portreeve::gate17
