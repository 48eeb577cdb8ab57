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
#include <kj/timer.h>

namespace portreeve::gate17 {

class NodeWay final : public Way {
public:
  static constexpr auto CONNECT_WITHIN = 15 * kj::SECONDS;

  using Dial = kj::Function<kj::Promise<kj::Own<kj::AsyncIoStream>>()>;
  // A stream to the node: a socket, or one through another way.

  NodeWay(kj::Timer& timer, Dial dial, const PrivateKey& own, kj::String nodeKey);
  // A connection that is not there within CONNECT_WITHIN is given up, whoever waits for it.
  ~NodeWay() noexcept(false) override;

  kj::Promise<kj::Own<kj::AsyncIoStream>> open(const Target& target) override;
  kj::Promise<kj::Own<Datagrams>> associate() override;
  kj::Promise<void> probe() override;

private:
  struct Connection;  // refcounted: each stream holds it

  kj::Timer& timer;
  Dial dial;
  kj::String nodeKey;
  TlsContext tls;
  kj::Maybe<kj::Own<Connection>> current;
  bool dialling = false;
  kj::ForkedPromise<void> coming = nullptr;  // then `current` is there

  kj::Promise<kj::Own<Connection>> connection();
  kj::Promise<void> connect();
};

}  // namespace portreeve::gate17
