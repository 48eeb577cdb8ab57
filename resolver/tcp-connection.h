// SPDX-License-Identifier: GPL-3.0-or-later
// One client's TCP connection.
#pragma once

#include "resolver/answering.h"

#include <kj/async-io.h>
#include <kj/async.h>
#include <kj/timer.h>

#include <deque>

namespace portreeve::resolver {

class TcpConnection final : private kj::TaskSet::ErrorHandler {
public:
  static constexpr size_t MAX_OUTSTANDING = 32;

  TcpConnection(kj::Own<kj::AsyncIoStream> stream, const Tuple& client, kj::Timer& timer,
                Answering& queries);
  KJ_DISALLOW_COPY(TcpConnection);

  kj::Promise<void> serve();
  // Resolves when the client has closed its side and been answered, or when it was idle, did not
  // take its answers or sent garbage. Call once.

private:
  kj::Own<kj::AsyncIoStream> stream;
  kj::Timer& timer;
  Answering& queries;
  Tuple client;
  size_t outstanding = 0;  // taken and not yet written
  kj::Maybe<kj::Own<kj::PromiseFulfiller<void>>> fewer;
  std::deque<kj::Array<kj::byte>> replies;  // to be written, the first of them just now
  kj::PromiseFulfillerPair<void> broken = kj::newPromiseAndFulfiller<void>();
  kj::TaskSet tasks;  // last: what runs in it uses the rest

  kj::Promise<void> readNext();
  kj::Promise<kj::Array<kj::byte>> readMessage();
  kj::Promise<void> whenFewerThan(size_t limit);
  void take(kj::Array<kj::byte> message);
  void reply(kj::Array<kj::byte> message);
  kj::Promise<void> writeNext();
  void finished();
  void taskFailed(kj::Exception&& e) override;
};

}  // namespace portreeve::resolver
