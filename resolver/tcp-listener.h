// SPDX-License-Identifier: GPL-3.0-or-later
// DNS over one handed-over listening TCP socket (RFC 7766): messages behind their length, many at
// once on a connection, answered in the order they get ready.
#pragma once

#include "resolver/answering.h"

#include <kj/async-io.h>
#include <kj/io.h>

namespace portreeve::resolver {

class TcpListener final : private kj::TaskSet::ErrorHandler {
public:
  static constexpr size_t MAX_CONNECTIONS = 128;

  TcpListener(kj::LowLevelAsyncIoProvider& provider, kj::Timer& timer, kj::AutoCloseFd socket,
              Answering& queries);
  KJ_DISALLOW_COPY(TcpListener);

  kj::Promise<void> serve();
  // Never resolves. Connections past MAX_CONNECTIONS, and of those whom `queries` does not admit,
  // are closed at once; one on which nothing came
  // for 10 s is closed.

private:
  kj::Timer& timer;
  kj::Own<kj::ConnectionReceiver> receiver;
  Answering& queries;
  size_t open = 0;
  kj::TaskSet connections;

  kj::Promise<void> acceptNext();
  void admit(kj::Own<kj::AsyncIoStream> stream);
  void taskFailed(kj::Exception&& e) override;
};

}  // namespace portreeve::resolver
