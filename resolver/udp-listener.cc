// SPDX-License-Identifier: GPL-3.0-or-later
#include "resolver/udp-listener.h"

#include "common/log.h"
#include "resolver/local-sources.h"

#include <errno.h>
#include <fcntl.h>
#include <kj/debug.h>

namespace portreeve::resolver {
namespace {

constexpr size_t MAX_QUERY = 4096;  // octets; no honest query is longer
constexpr uint BATCHES_AT_ONCE = 4;
constexpr auto PAUSE_AFTER_FAILURE = 100 * kj::MILLISECONDS;

int makeNonBlocking(int fd) {
  int flags;
  KJ_SYSCALL(flags = fcntl(fd, F_GETFL));
  KJ_SYSCALL(fcntl(fd, F_SETFL, flags | O_NONBLOCK));
  return fd;
}

}  // namespace

UdpListener::Inbox::Inbox() : octets(kj::heapArray<kj::byte>(BATCH * MAX_QUERY)) {
  for (size_t i = 0; i < BATCH; i++) {
    parts[i] = {octets.begin() + i * MAX_QUERY, MAX_QUERY};
    messages[i] = {};
    messages[i].msg_hdr.msg_iov = &parts[i];
    messages[i].msg_hdr.msg_iovlen = 1;
    messages[i].msg_hdr.msg_name = &clients[i];
  }
  reset(BATCH);
}

void UdpListener::Inbox::reset(size_t count) {
  for (size_t i = 0; i < count; i++) messages[i].msg_hdr.msg_namelen = sizeof clients[i];
}

UdpListener::Outbox::Outbox() : octets(kj::heapArray<kj::byte>(BATCH * EDNS_UDP_LIMIT)) {
  for (size_t i = 0; i < BATCH; i++) {
    messages[i] = {};
    messages[i].msg_hdr.msg_iov = &parts[i];
    messages[i].msg_hdr.msg_iovlen = 1;
    messages[i].msg_hdr.msg_name = &clients[i];
  }
}

kj::ArrayPtr<kj::byte> UdpListener::Outbox::room() {
  return octets.slice(count * EDNS_UDP_LIMIT, (count + 1) * EDNS_UDP_LIMIT);
}

void UdpListener::Outbox::add(kj::ArrayPtr<const kj::byte> answer, const sockaddr_storage& client) {
  parts[count] = {const_cast<kj::byte*>(answer.begin()), answer.size()};
  clients[count] = client;
  messages[count].msg_hdr.msg_namelen =
      client.ss_family == AF_INET ? sizeof(sockaddr_in) : sizeof(sockaddr_in6);
  count++;
}

void UdpListener::Outbox::send(int fd) {
  // What a full socket, or a client that has gone, does not take is lost, as datagrams are: a
  // client asks again.
  for (size_t done = 0; done < count;) {
    int sent = sendmmsg(fd, messages + done, uint(count - done), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    done += sent > 0 ? size_t(sent) : 1;
  }
  for (size_t i = 0; i < count; i++) owned[i] = nullptr;
  count = 0;
}

UdpListener::UdpListener(kj::UnixEventPort& port, kj::Timer& timer, kj::AutoCloseFd socket,
                         JudgedQueries& queries)
    : timer(timer),
      fd(kj::mv(socket)),
      observer(port, makeNonBlocking(fd), kj::UnixEventPort::FdObserver::OBSERVE_READ),
      queries(queries),
      ours(Endpoint::ofSocket(fd)),
      inbox(kj::heap<Inbox>()),
      outbox(kj::heap<Outbox>()),
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
  for (uint batch = 0; batch < BATCHES_AT_ONCE; batch++) {
    if (outstanding + BATCH > MAX_OUTSTANDING) return Drained::FULL;
    int count = recvmmsg(fd, inbox->messages, BATCH, MSG_TRUNC, nullptr);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return Drained::EMPTY;
    if (count < 0) {
      log::warning(kj::str("receiving a DNS query: ", strerror(errno)));
      return Drained::FAILED;
    }
    for (int i = 0; i < count; i++) {
      size_t length = inbox->messages[i].msg_len;
      if (length <= MAX_QUERY)
        take(kj::arrayPtr(inbox->octets.begin() + size_t(i) * MAX_QUERY, length),
             inbox->clients[i]);
    }
    inbox->reset(size_t(count));
    if (outbox->count > 0) outbox->send(fd);
    if (size_t(count) < BATCH) {
      // Most likely nothing is left; an edge tells of what comes later, so it has to be certain.
      char nothing;
      if (recv(fd, &nothing, 0, MSG_PEEK | MSG_DONTWAIT) < 0 &&
          (errno == EAGAIN || errno == EWOULDBLOCK))
        return Drained::EMPTY;
    }
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

void UdpListener::take(kj::ArrayPtr<const kj::byte> message, const sockaddr_storage& client) {
  KJ_IF_MAYBE (theirs, Endpoint::from(reinterpret_cast<const sockaddr*>(&client))) {
    if (!isLocalSource(theirs->address, ours.address)) {
      fromStrangers++;
      return;
    }
    auto tuple = clientTuple(PROTOCOL_UDP, *theirs, ours);
    if (outbox->count == BATCH) outbox->send(fd);
    size_t size = queries.quick(tuple, message, outbox->room());
    if (size > 0)
      outbox->add(outbox->room().slice(0, size), client);
    else
      answerSlowly(tuple, message, client);
  }
}

void UdpListener::answerSlowly(const Tuple& client, kj::ArrayPtr<const kj::byte> message,
                               const sockaddr_storage& address) {
  outstanding++;
  tasks.add(queries.answer(client, message)
                .then([this, address](MaybeReply&& answer) {
                  KJ_IF_MAYBE (octets, answer) reply(kj::mv(*octets), address);
                })
                .attach(kj::defer([this]() { finished(); })));
}

void UdpListener::reply(kj::Array<kj::byte> message, const sockaddr_storage& client) {
  if (outbox->count == BATCH) outbox->send(fd);
  size_t at = outbox->count;
  outbox->add(message, client);
  outbox->owned[at] = kj::mv(message);
  if (sending) return;
  sending = true;
  tasks.add(kj::evalLast([this]() {
    sending = false;
    outbox->send(fd);
  }));
}

void UdpListener::finished() {
  outstanding--;
  if (outstanding + BATCH > MAX_OUTSTANDING) return;
  KJ_IF_MAYBE (waiting, room) (*waiting)->fulfill();
  room = nullptr;
}

void UdpListener::taskFailed(kj::Exception&& e) {
  log::exception("answering a DNS query", e);
}

}  // namespace portreeve::resolver
