// SPDX-License-Identifier: GPL-3.0-or-later
#include "gate17/datagram-socket.h"

#include "gate17/datagrams.h"
#include "gate17/socket.h"

#include <errno.h>
#include <fcntl.h>
#include <kj/debug.h>
#include <string.h>
#include <sys/socket.h>

namespace portreeve::gate17 {
namespace {

constexpr unsigned ERRORS_AT_ONCE = 16;

kj::byte* sharedBuffer() {
  static kj::byte buffer[LONGEST_DATAGRAM];
  return buffer;
}

[[noreturn]] void refused(kj::StringPtr doing, const SocketAddress& where) {
  kj::throwFatalException(
      kj::Exception(kj::Exception::Type::DISCONNECTED, __FILE__, __LINE__,
                    kj::str(doing, ' ', where.toString(), ": ", strerror(errno))));
}

kj::AutoCloseFd makeSocket(const SocketAddress& where) {
  int made = socket(where.address.isV4() ? AF_INET : AF_INET6,
                    SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (made < 0) refused("making a UDP socket for", where);
  return kj::AutoCloseFd(made);
}

}  // namespace

DatagramSocket::DatagramSocket(kj::UnixEventPort& port, kj::AutoCloseFd made)
    : fd(kj::mv(made)), observer(port, fd.get(), kj::UnixEventPort::FdObserver::OBSERVE_READ) {
  int flags;
  KJ_SYSCALL(flags = fcntl(fd, F_GETFL));
  KJ_SYSCALL(fcntl(fd, F_SETFL, flags | O_NONBLOCK));
}

kj::Own<DatagramSocket> DatagramSocket::connected(kj::UnixEventPort& port,
                                                  const SocketAddress& to) {
  auto made = makeSocket(to);
  sockaddr_storage address{};
  socklen_t length = to.toSockaddr(address);
  if (connect(made, reinterpret_cast<sockaddr*>(&address), length) != 0)
    refused("connecting to", to);
  return kj::heap<DatagramSocket>(port, kj::mv(made));
}

kj::Own<DatagramSocket> DatagramSocket::bound(kj::UnixEventPort& port, const Address& address) {
  SocketAddress where{address, 0};
  auto made = makeSocket(where);
  sockaddr_storage name{};
  socklen_t length = where.toSockaddr(name);
  if (bind(made, reinterpret_cast<sockaddr*>(&name), length) != 0) refused("binding", where);
  return kj::heap<DatagramSocket>(port, kj::mv(made));
}

kj::Maybe<DatagramSocket::Received> DatagramSocket::tryReceive() {
  for (unsigned tries = 0; tries < ERRORS_AT_ONCE; tries++) {
    sockaddr_storage from{};
    socklen_t length = sizeof from;
    auto* buffer = sharedBuffer();
    ssize_t got =
        recvfrom(fd, buffer, LONGEST_DATAGRAM, 0, reinterpret_cast<sockaddr*>(&from), &length);
    if (got < 0 && errno == EAGAIN) return nullptr;
    if (got < 0) continue;
    KJ_IF_MAYBE (source, SocketAddress::from(from))
      return Received{*source, kj::arrayPtr(buffer, size_t(got))};
  }
  return nullptr;
}

void DatagramSocket::send(kj::ArrayPtr<const kj::byte> bytes) {
  ::send(fd, bytes.begin(), bytes.size(), MSG_NOSIGNAL);
}

void DatagramSocket::sendTo(const SocketAddress& to, kj::ArrayPtr<const kj::byte> bytes) {
  sockaddr_storage address{};
  socklen_t length = to.toSockaddr(address);
  sendto(fd, bytes.begin(), bytes.size(), MSG_NOSIGNAL, reinterpret_cast<sockaddr*>(&address),
         length);
}

SocketAddress DatagramSocket::local() const {
  return localAddressOf(fd);
}

}  // namespace portreeve::gate17
