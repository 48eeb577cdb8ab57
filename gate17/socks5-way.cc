// SPDX-License-Identifier: GPL-3.0-or-later
#include "gate17/socks5-way.h"

#include "gate17/socks5-client.h"
#include "gate17/socks5-datagrams.h"

namespace portreeve::gate17 {

kj::Promise<kj::Own<Socket>> Socks5Way::greeted() {
  return server.connect().then([this](kj::Own<Socket> socket) {
    auto known = socks5::authenticate(*socket, credentials);
    return known.then([socket = kj::mv(socket)]() mutable { return kj::mv(socket); });
  });
}

kj::Promise<kj::Own<kj::AsyncIoStream>> Socks5Way::open(const Target& target) {
  return greeted().then([target = target.clone()](kj::Own<Socket> socket) mutable {
    auto opened = socks5::ask(*socket, socks5::Command::CONNECT, target);
    return opened.then(
        [socket = kj::mv(socket)](SocketAddress) mutable -> kj::Own<kj::AsyncIoStream> {
          socket->acknowledge();
          return kj::mv(socket);
        });
  });
}

kj::Promise<kj::Own<Datagrams>> Socks5Way::associate() {
  return greeted().then([this](kj::Own<Socket> socket) {
    // From which port the datagrams will come is not known yet.
    auto there = remoteAddressOf(socket->fd()).address;
    Address any = there.isV4() ? Address::fromV4("\0\0\0\0") : Address();
    auto asked = socks5::ask(*socket, socks5::Command::UDP_ASSOCIATE, Target::at({any, 0}));
    return asked.then(
        [this, there, socket = kj::mv(socket)](SocketAddress bound) mutable -> kj::Own<Datagrams> {
          if (bound.address.isUnspecified()) bound.address = there;
          auto relay = DatagramSocket::connected(port, bound);
          return kj::heap<Socks5Datagrams>(kj::mv(socket), kj::mv(relay));
        });
  });
}

kj::Promise<void> Socks5Way::probe() {
  return greeted().ignoreResult();
}

}  // namespace portreeve::gate17
