// SPDX-License-Identifier: GPL-3.0-or-later
#include "resolver/udp-listener.h"

#include "common/log.h"

#include <errno.h>
#include <fcntl.h>
#include <kj/debug.h>
#include <sys/socket.h>

namespace portreeve::resolver {
namespace {

constexpr size_t MAX_QUERY = 4096;  // octets; no honest query is longer
constexpr uint TAKEN_AT_ONCE = 64;
constexpr auto PAUSE_AFTER_FAILURE = 100 * kj::MILLISECONDS;

int makeNonBlocking(int fd) {
  int flags;
  KJ_SYSCALL(flags = fcntl(fd, F_GETFL));
  KJ_SYSCALL(fcntl(fd, F_SETFL, flags | O_NONBLOCK));
  return fd;
}

}  // namespace

UdpListener::UdpListener(kj::UnixEventPort& port, kj::Timer& timer, kj::AutoCloseFd socket,
                         JudgedQueries& queries)
    : timer(timer),
      fd(kj::mv(socket)),
      observer(port, makeNonBlocking(fd), kj::UnixEventPort::FdObserver::OBSERVE_READ),
      queries(queries),
      ours(Endpoint::ofSocket(fd)),
      buffer(kj::heapArray<kj::byte>(MAX_QUERY)),
      tasks(*this) {
  if (ours.address.isUnspecified())
    KJ_FAIL_REQUIRE(
        "a DNS socket is bound to no single address: name each address in resolver.listen");
}

kj::Promise<void> UdpListener::serve() {
  auto drained = drain();
  return waitAfter(drained).then([this]() { return serve(); });
}

UdpListener::Drained UdpListener::drain() {
  for (uint count = 0; count < TAKEN_AT_ONCE; count++) {
    if (outstanding >= MAX_OUTSTANDING) return Drained::FULL;
    sockaddr_storage client{};
    socklen_t clientLength = sizeof client;
    ssize_t length = recvfrom(fd, buffer.begin(), buffer.size(), MSG_TRUNC,
                              reinterpret_cast<sockaddr*>(&client), &clientLength);
    if (length < 0 && errno == EINTR) continue;
    if (length < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return Drained::EMPTY;
    if (length < 0) {
      log::warning(kj::str("receiving a DNS query: ", strerror(errno)));
      return Drained::FAILED;
    }
    if (size_t(length) <= buffer.size()) take(size_t(length), client);
  }
  return Drained::ENOUGH;
}

kj::Promise<void> UdpListener::waitAfter(Drained drained) {
  switch (drained) {
    case Drained::EMPTY:
      return observer.whenBecomesReadable();
    case Drained::ENOUGH:
      // Through the timer, not evalLater: the loop must look at every other descriptor in between.
      return timer.afterDelay(0 * kj::NANOSECONDS);
    case Drained::FULL: {
      auto paf = kj::newPromiseAndFulfiller<void>();
      room = kj::mv(paf.fulfiller);
      return kj::mv(paf.promise);
    }
    case Drained::FAILED:
      break;
  }
  return timer.afterDelay(PAUSE_AFTER_FAILURE);
}

void UdpListener::take(size_t length, const sockaddr_storage& client) {
  KJ_IF_MAYBE (theirs, Endpoint::from(reinterpret_cast<const sockaddr*>(&client))) {
    outstanding++;
    auto answered =
        queries.answer(clientTuple(PROTOCOL_UDP, *theirs, ours), buffer.slice(0, length));
    tasks.add(answered
                  .then([this, client](MaybeReply&& reply) {
                    KJ_IF_MAYBE (message, reply) send(*message, client);
                  })
                  .attach(kj::defer([this]() { finished(); })));
  }
}

void UdpListener::send(kj::ArrayPtr<const kj::byte> reply, const sockaddr_storage& client) {
  // A full socket or a client that has gone: the datagram is lost, as datagrams are, and a client
  // asks again.
  (void)sendto(fd, reply.begin(), reply.size(), MSG_NOSIGNAL,
               reinterpret_cast<const sockaddr*>(&client), sizeof client);
}

void UdpListener::finished() {
  outstanding--;
  KJ_IF_MAYBE (waiting, room) (*waiting)->fulfill();
  room = nullptr;
}

void UdpListener::taskFailed(kj::Exception&& e) {
  log::exception("answering a DNS query", e);
}

}  // namespace portreeve::resolver
