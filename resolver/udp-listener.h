// SPDX-License-Identifier: GPL-3.0-or-later
// DNS over one handed-over UDP socket. It is bound to one address, so answers leave from the
// address that was asked. Queries are received, and answers sent, many in one system call.
#pragma once

#include "resolver/judged-query.h"
#include "resolver/listening-socket.h"

#include <kj/async-unix.h>
#include <kj/io.h>
#include <sys/socket.h>

namespace portreeve::resolver {

class UdpListener final : private kj::TaskSet::ErrorHandler {
public:
  static constexpr size_t MAX_OUTSTANDING = 1024;
  static constexpr size_t BATCH = 64;

  UdpListener(kj::UnixEventPort& port, kj::Timer& timer, kj::AutoCloseFd socket,
              JudgedQueries& queries);
  // Throws FAILED when the socket is bound to no single address.
  KJ_DISALLOW_COPY(UdpListener);

  kj::Promise<void> serve();
  // Never resolves. With MAX_OUTSTANDING queries on their way further ones wait in the socket.

  uint64_t strangers() const { return fromStrangers; }
  // Queries from other machines: not answered.

private:
  struct Inbox {
    // Where recvmmsg(2) puts what came.
    kj::Array<kj::byte> octets;
    sockaddr_storage clients[BATCH];
    iovec parts[BATCH];
    mmsghdr messages[BATCH];
    Inbox();
    void reset(size_t count);
  };
  struct Outbox {
    // What sendmmsg(2) is given; answers of one batch of queries, or of one turn of the loop.
    kj::Array<kj::byte> octets;
    kj::Array<kj::byte> owned[BATCH];
    sockaddr_storage clients[BATCH];
    iovec parts[BATCH];
    mmsghdr messages[BATCH];
    size_t count = 0;
    Outbox();
    kj::ArrayPtr<kj::byte> room();  // for one more quick answer
    void add(kj::ArrayPtr<const kj::byte> answer, const sockaddr_storage& client);
    void send(int fd);
  };

  kj::Timer& timer;
  kj::AutoCloseFd fd;
  kj::UnixEventPort::FdObserver observer;
  JudgedQueries& queries;
  Endpoint ours;
  size_t outstanding = 0;
  uint64_t fromStrangers = 0;
  bool sending = false;  // the outbox is sent at the end of this turn
  kj::Maybe<kj::Own<kj::PromiseFulfiller<void>>> room;
  kj::Own<Inbox> inbox;
  kj::Own<Outbox> outbox;
  kj::TaskSet tasks;

  enum class Drained : uint8_t { EMPTY, ENOUGH, FULL, FAILED };
  Drained drain();
  kj::Promise<void> waitAfter(Drained drained);
  void take(kj::ArrayPtr<const kj::byte> message, const sockaddr_storage& client);
  void answerSlowly(const Tuple& client, kj::ArrayPtr<const kj::byte> message,
                    const sockaddr_storage& address);
  void reply(kj::Array<kj::byte> message, const sockaddr_storage& client);
  void finished();
  void taskFailed(kj::Exception&& e) override;
};

}  // namespace portreeve::resolver
