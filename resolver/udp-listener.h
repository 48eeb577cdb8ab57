// SPDX-License-Identifier: GPL-3.0-or-later
// DNS over one handed-over UDP socket. It is bound to one address, so answers leave from the
// address that was asked.
#pragma once

#include "resolver/judged-query.h"
#include "resolver/listening-socket.h"

#include <kj/async-unix.h>
#include <kj/io.h>

namespace portreeve::resolver {

class UdpListener final : private kj::TaskSet::ErrorHandler {
public:
  static constexpr size_t MAX_OUTSTANDING = 1024;

  UdpListener(kj::UnixEventPort& port, kj::Timer& timer, kj::AutoCloseFd socket,
              JudgedQueries& queries);
  // Throws FAILED when the socket is bound to no single address.
  KJ_DISALLOW_COPY(UdpListener);

  kj::Promise<void> serve();
  // Never resolves. With MAX_OUTSTANDING queries on their way further ones wait in the socket.

private:
  kj::Timer& timer;
  kj::AutoCloseFd fd;
  kj::UnixEventPort::FdObserver observer;
  JudgedQueries& queries;
  Endpoint ours;
  size_t outstanding = 0;
  kj::Maybe<kj::Own<kj::PromiseFulfiller<void>>> room;
  kj::Array<kj::byte> buffer;
  kj::TaskSet tasks;

  enum class Drained : uint8_t { EMPTY, ENOUGH, FULL, FAILED };
  Drained drain();
  kj::Promise<void> waitAfter(Drained drained);
  void take(size_t length, const sockaddr_storage& client);
  void send(kj::ArrayPtr<const kj::byte> reply, const sockaddr_storage& client);
  void finished();
  void taskFailed(kj::Exception&& e) override;
};

}  // namespace portreeve::resolver
