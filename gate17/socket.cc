// SPDX-License-Identifier: GPL-3.0-or-later
#include "gate17/socket.h"

#include <errno.h>
#include <kj/debug.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

namespace portreeve::gate17 {
namespace {

kj::Exception gone(kj::StringPtr doing, int error) {
  return kj::Exception(kj::Exception::Type::DISCONNECTED, __FILE__, __LINE__,
                       kj::str(doing, ": ", strerror(error)));
}

int errorOf(int fd) {
  int error = 0;
  socklen_t length = sizeof error;
  ::getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length);
  return error;
}

}  // namespace

Socket::Socket(kj::UnixEventPort& port, kj::AutoCloseFd fd)
    : descriptor(kj::mv(fd)),
      observer(port, descriptor.get(), kj::UnixEventPort::FdObserver::OBSERVE_READ_WRITE) {
  // Interactive sessions go through two sockets more than without us; and a peer that vanished
  // without a word is not waited for for ever.
  int yes = 1;
  ::setsockopt(descriptor.get(), IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  ::setsockopt(descriptor.get(), SOL_SOCKET, SO_KEEPALIVE, &yes, sizeof yes);
}

kj::Promise<kj::Own<Socket>> Socket::connect(kj::UnixEventPort& port, const SocketAddress& to) {
  int made =
      socket(to.address.isV4() ? AF_INET : AF_INET6, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (made < 0) return gone("making a socket", errno);
  kj::AutoCloseFd fd(made);
  sockaddr_storage address{};
  socklen_t length = to.toSockaddr(address);
  bool done = ::connect(made, reinterpret_cast<sockaddr*>(&address), length) == 0;
  if (!done && errno != EINPROGRESS) return gone(kj::str("connecting to ", to.toString()), errno);
  auto result = kj::heap<Socket>(port, kj::mv(fd));
  if (done) return kj::Promise<kj::Own<Socket>>(kj::mv(result));
  auto writable = result->whenWritable();
  return writable.then([result = kj::mv(result), to]() mutable -> kj::Promise<kj::Own<Socket>> {
    if (int error = errorOf(result->fd()))
      return gone(kj::str("connecting to ", to.toString()), error);
    return kj::mv(result);
  });
}

kj::Promise<size_t> Socket::read(void* buffer, size_t minBytes, size_t maxBytes) {
  return tryRead(buffer, minBytes, maxBytes).then([minBytes](size_t got) -> kj::Promise<size_t> {
    if (got < minBytes) return gone("reading", ECONNRESET);
    return got;
  });
}

kj::Promise<size_t> Socket::tryRead(void* buffer, size_t minBytes, size_t maxBytes) {
  return readMore(static_cast<kj::byte*>(buffer), minBytes, maxBytes, 0);
}

kj::Promise<size_t> Socket::readMore(kj::byte* buffer, size_t minBytes, size_t maxBytes,
                                     size_t done) {
  while (done < minBytes || done == 0) {
    ssize_t got = recv(descriptor, buffer + done, maxBytes - done, 0);
    if (got == 0) break;
    if (got > 0) {
      done += size_t(got);
    } else if (errno == EAGAIN) {
      return observer.whenBecomesReadable().then([this, buffer, minBytes, maxBytes, done]() {
        return readMore(buffer, minBytes, maxBytes, done);
      });
    } else if (errno != EINTR) {
      return gone("reading", errno);
    }
  }
  return done;
}

kj::Promise<void> Socket::write(const void* buffer, size_t size) {
  return writeMore(kj::arrayPtr(static_cast<const kj::byte*>(buffer), size));
}

kj::Promise<void> Socket::writeMore(kj::ArrayPtr<const kj::byte> rest) {
  while (rest.size() > 0) {
    ssize_t put = send(descriptor, rest.begin(), rest.size(), MSG_NOSIGNAL);
    if (put >= 0) {
      rest = rest.slice(size_t(put), rest.size());
    } else if (errno == EAGAIN) {
      return observer.whenBecomesWritable().then([this, rest]() { return writeMore(rest); });
    } else if (errno != EINTR) {
      return gone("writing", errno);
    }
  }
  return kj::READY_NOW;
}

kj::Promise<void> Socket::write(kj::ArrayPtr<const kj::ArrayPtr<const kj::byte>> pieces) {
  return writePieces(pieces);
}

kj::Promise<void> Socket::writePieces(kj::ArrayPtr<const kj::ArrayPtr<const kj::byte>> pieces) {
  if (pieces.size() == 0) return kj::READY_NOW;
  return writeMore(pieces[0]).then(
      [this, pieces]() { return writePieces(pieces.slice(1, pieces.size())); });
}

kj::Promise<void> Socket::whenWriteDisconnected() {
  // Whoever writes is told by the write.
  return kj::NEVER_DONE;
}

void Socket::shutdownWrite() {
  // A peer that has gone already needs no end.
  ::shutdown(descriptor, SHUT_WR);
}

void Socket::getsockopt(int level, int option, void* value, kj::uint* length) {
  KJ_SYSCALL(::getsockopt(descriptor, level, option, value, length));
}

void Socket::getpeername(struct sockaddr* address, kj::uint* length) {
  KJ_SYSCALL(::getpeername(descriptor, address, length));
}

void Socket::reset() {
  linger now{1, 0};
  ::setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &now, sizeof now);
}

void Socket::endWell() {
  linger never{0, 0};
  ::setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &never, sizeof never);
}

void Socket::acknowledge() {
  int yes = 1;
  ::setsockopt(descriptor, IPPROTO_TCP, TCP_QUICKACK, &yes, sizeof yes);
}

SocketAddress localAddressOf(int fd) {
  sockaddr_storage address{};
  socklen_t length = sizeof address;
  KJ_SYSCALL(getsockname(fd, reinterpret_cast<sockaddr*>(&address), &length));
  return KJ_REQUIRE_NONNULL(SocketAddress::from(address), "a socket of no IP family");
}

SocketAddress remoteAddressOf(int fd) {
  sockaddr_storage address{};
  socklen_t length = sizeof address;
  if (getpeername(fd, reinterpret_cast<sockaddr*>(&address), &length) != 0)
    kj::throwFatalException(gone("asking for the peer", errno));
  return KJ_REQUIRE_NONNULL(SocketAddress::from(address), "a socket of no IP family");
}

}  // namespace portreeve::gate17
