// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/ring.h"

#include "common/clock.h"
#include "common/log.h"

#include <capnp/serialize.h>
#include <errno.h>
#include <kj/debug.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

namespace portreeve {
namespace {

constexpr size_t MESSAGE_WORDS = proto::RING_MESSAGE_BYTES / sizeof(capnp::word);
constexpr size_t FIRST_BUILD_WORDS = 2048;
constexpr int SOCKET_BYTES = 4 << 20;
// A few hundred full batches may wait before the sender sees FULL. The kernel caps it at
// net.core.wmem_max for a process without CAP_NET_ADMIN.

capnp::ReaderOptions limits() {
  capnp::ReaderOptions options;
  options.traversalLimitInWords = MESSAGE_WORDS * 4;
  options.nestingLimit = 16;
  return options;
}

}  // namespace

RingPair makeRingPair() {
  int fds[2];
  KJ_SYSCALL(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds));
  RingPair pair{kj::AutoCloseFd(fds[0]), kj::AutoCloseFd(fds[1])};
  // The sender's buffer is what counts on a Unix socket; it belongs to the socket, not the process.
  (void)setsockopt(fds[1], SOL_SOCKET, SO_SNDBUF, &SOCKET_BYTES, sizeof SOCKET_BYTES);
  return pair;
}

RingSender::Sent RingSender::send(capnp::MessageBuilder& message) {
  auto segments = message.getSegmentsForOutput();
  size_t words = capnp::computeSerializedSizeInWords(segments);
  KJ_REQUIRE(words <= MESSAGE_WORDS, "a ring message is too long", words);

  // The segment table and the segments go out in one datagram without being copied together first.
  uint32_t table[66];
  KJ_REQUIRE(segments.size() <= 64, "a ring message has too many segments", segments.size());
  size_t entries = (segments.size() + 2) & ~size_t(1);
  table[entries - 1] = 0;
  table[0] = uint32_t(segments.size() - 1);
  iovec parts[65];
  for (size_t i = 0; i < segments.size(); i++) {
    table[i + 1] = uint32_t(segments[i].size());
    parts[i + 1] = {const_cast<capnp::word*>(segments[i].begin()),
                    segments[i].size() * sizeof(capnp::word)};
  }
  parts[0] = {table, entries * sizeof(uint32_t)};

  msghdr header{};
  header.msg_iov = parts;
  header.msg_iovlen = segments.size() + 1;
  ssize_t sent;
  do sent = sendmsg(fd, &header, MSG_DONTWAIT | MSG_NOSIGNAL);
  while (sent < 0 && errno == EINTR);
  if (sent >= 0) return Sent::YES;
  if (errno == EAGAIN || errno == ENOBUFS) return Sent::FULL;
  return Sent::CLOSED;
}

RingReceiver::RingReceiver(kj::UnixEventPort& port, kj::AutoCloseFd socket, OnMessage onMessage)
    : fd(kj::mv(socket)),
      observer(port, fd, kj::UnixEventPort::FdObserver::OBSERVE_READ),
      onMessage(kj::mv(onMessage)),
      buffer(kj::heapArray<capnp::word>(MESSAGE_WORDS)) {}

kj::Promise<void> RingReceiver::receive() {
  if (drain(kj::maxValue) == Drained::CLOSED) return kj::READY_NOW;
  return observer.whenBecomesReadable().then([this]() { return receive(); });
}

kj::Promise<void> RingReceiver::receiveInRounds(kj::Timer& timer, uint32_t messagesARound,
                                                kj::Function<void()> afterRound) {
  auto after = kj::heap(kj::mv(afterRound));
  auto& here = *after;
  return nextRound(timer, messagesARound, here).attach(kj::mv(after));
}

kj::Promise<void> RingReceiver::nextRound(kj::Timer& timer, uint32_t messagesARound,
                                          kj::Function<void()>& afterRound) {
  auto drained = drain(messagesARound);
  afterRound();
  if (drained == Drained::CLOSED) return kj::READY_NOW;
  // Through the timer, not evalLater: the loop must look at every other descriptor in between.
  auto next = drained == Drained::SOME ? timer.afterDelay(0 * kj::NANOSECONDS)
                                       : observer.whenBecomesReadable();
  return next.then([this, &timer, messagesARound, &afterRound]() {
    return nextRound(timer, messagesARound, afterRound);
  });
}

RingReceiver::Drained RingReceiver::drain(uint32_t maxMessages) {
  for (uint32_t i = 0; i < maxMessages;) {
    ssize_t got = recv(fd, buffer.begin(), buffer.asBytes().size(), MSG_DONTWAIT | MSG_TRUNC);
    if (got > 0) {
      deliver(size_t(got));
      i++;
      continue;
    }
    if (got == 0) return Drained::CLOSED;
    if (errno == EINTR) continue;
    return errno == EAGAIN ? Drained::ALL : Drained::CLOSED;
  }
  return Drained::SOME;
}

void RingReceiver::deliver(size_t bytes) {
  auto problem = kj::runCatchingExceptions([&]() {
    KJ_REQUIRE(bytes <= buffer.asBytes().size(), "longer than a ring message may be", bytes);
    KJ_REQUIRE(bytes % sizeof(capnp::word) == 0, "not a whole number of words", bytes);
    capnp::FlatArrayMessageReader reader(buffer.slice(0, bytes / sizeof(capnp::word)), limits());
    received++;
    onMessage(reader);
  });
  KJ_IF_MAYBE (e, problem) {
    bad++;
    if (monotonicNs() - lastComplaintNs > 1'000'000'000) {
      lastComplaintNs = monotonicNs();
      log::exception("ring: a message was thrown away", *e);
    }
  }
}

RingMessage::RingMessage() : scratch(kj::heapArray<capnp::word>(FIRST_BUILD_WORDS)) {
  memset(scratch.begin(), 0, scratch.asBytes().size());
}

void RingMessage::reset() {
  // The old builder zeroes what it used of the scratch space when it goes.
  held = nullptr;
  held.emplace(scratch.asPtr());
  current = &KJ_ASSERT_NONNULL(held);
}

}  // namespace portreeve
