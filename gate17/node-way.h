// SPDX-License-Identifier: GPL-3.0-or-later
// A Gate17 node as a way: one connection, which is there while it is used and a while longer, and
// is made anew when it is needed again.
#pragma once

#include "gate17/keys.h"
#include "gate17/node-link.h"
#include "gate17/tls-stream.h"
#include "gate17/way.h"
#include "proto/gate-node.capnp.h"

#include <kj/async.h>
#include <kj/function.h>
#include <kj/refcount.h>

namespace portreeve::gate17 {

class NodeWay final : public Way {
public:
  using Dial = kj::Function<kj::Promise<kj::Own<kj::AsyncIoStream>>()>;
  // A stream to the node: a socket, or one through another way.

  NodeWay(Dial dial, const PrivateKey& own, kj::String nodeKey);
  ~NodeWay() noexcept(false);

  kj::Promise<kj::Own<kj::AsyncIoStream>> open(const Target& target) override;
  kj::Promise<kj::Own<Datagrams>> associate() override;
  kj::Promise<void> probe() override;

private:
  struct Connection;  // refcounted: each stream holds it

  Dial dial;
  kj::String nodeKey;
  TlsContext tls;
  kj::Maybe<kj::Own<Connection>> current;
  kj::Maybe<kj::ForkedPromise<kj::Own<Connection>>> coming;

  kj::Promise<kj::Own<Connection>> connection();
  kj::Promise<kj::Own<Connection>> connect();
};

}  // namespace portreeve::gate17
