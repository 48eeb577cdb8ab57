// SPDX-License-Identifier: GPL-3.0-or-later
// Makes the ways to upstreams, and keeps those that are in use: the same upstream is the same
// server, whichever routes name it.
#pragma once

#include "resolver/tls-client.h"
#include "resolver/upstream-server.h"

#include <kj/async-io.h>
#include <kj/vector.h>

namespace portreeve::resolver {

class UpstreamPool {
public:
  UpstreamPool(kj::AsyncIoContext& io, TlsClient& tls) : io(io), tls(tls) {}
  KJ_DISALLOW_COPY(UpstreamPool);

  kj::Own<UpstreamServer> get(const Upstream& upstream);
  void forgetUnused();  // those that nobody else holds

private:
  kj::AsyncIoContext& io;
  TlsClient& tls;
  kj::Vector<kj::Own<UpstreamServer>> servers;

  UpstreamTransports makeTransports(const Upstream& upstream);
};

}  // namespace portreeve::resolver
