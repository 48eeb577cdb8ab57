// SPDX-License-Identifier: GPL-3.0-or-later
// The connection to policy, over which it tells what to record. Dialled again when policy comes
// back; what policy could not be told is written to is sent again by it.
#pragma once

#include "common/rpc-client.h"
#include "history/writer.h"
#include "proto/policy.capnp.h"

#include <kj/async-io.h>

namespace portreeve::history {

class PolicyLink {
public:
  PolicyLink(kj::LowLevelAsyncIoProvider& provider, kj::Timer& timer, kj::StringPtr socket,
             Writer& writer);
  KJ_DISALLOW_COPY(PolicyLink);

  bool connected() const { return connection.connected(); }
  uint64_t life() const { return current; }  // of the policy that tells; 0: none has yet
  uint64_t missed() const { return missedCount; }

private:
  class Server;
  Writer& writer;
  uint64_t current = 0;
  uint64_t missedCount = 0;  // connections and questions that policy could not keep for us
  kj::Maybe<proto::Recording::Client> recording;
  PeerConnection connection;  // last: it calls back

  kj::Promise<void> connectedTo(proto::Policy::Client policy);
};

}  // namespace portreeve::history
