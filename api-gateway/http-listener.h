// SPDX-License-Identifier: GPL-3.0-or-later
// Accepts connections on one handed-over TCP socket. The number of open ones is bounded for all
// listeners together (open-connections.h).
#pragma once

#include "api-gateway/http-connection.h"

#include <kj/async-io.h>
#include <kj/memory.h>

namespace portreeve::gateway {

class HttpListener final : private kj::TaskSet::ErrorHandler {
public:
  HttpListener(Site& site, kj::Own<kj::ConnectionReceiver> receiver, OpenConnections& open);
  // `open` is shared by all listeners. Both references outlive this object.
  KJ_DISALLOW_COPY(HttpListener);

  kj::Promise<void> serve();
  // Never resolves: when accepting fails (no descriptors left) it waits a second and goes on.

private:
  Site& site;
  kj::Own<kj::ConnectionReceiver> receiver;
  OpenConnections& open;
  kj::TaskSet connections;

  kj::Promise<void> acceptOne();
  void admit(kj::Own<kj::AsyncIoStream> stream);
  void taskFailed(kj::Exception&& e) override;
};

}  // namespace portreeve::gateway
