// SPDX-License-Identifier: GPL-3.0-or-later
// The ring's first arrow: packets to the attributor, in batches, as soon as they are read. What
// cannot be sent is left to its time-out; after each reconnect all that waits is sent again.
#pragma once

#include "common/ring.h"
#include "common/rpc-client.h"
#include "interceptor/pending.h"
#include "proto/attributor.capnp.h"
#include "proto/ring.capnp.h"

#include <kj/async-io.h>
#include <kj/timer.h>

#include <cstdint>

namespace portreeve::interceptor {

class Submitter final : private kj::TaskSet::ErrorHandler {
public:
  struct Counters {
    uint64_t submitted = 0;    // packets taken by the arrow, those sent again included
    uint64_t resubmitted = 0;  // of these, sent again
    uint64_t full = 0;         // packets that the full arrow did not take
    uint64_t away = 0;         // packets that came while there was no arrow
  };

  Submitter(kj::LowLevelAsyncIoProvider& provider, kj::Timer& timer, kj::StringPtr attributorSocket,
            const Pending& pending, uint64_t netns);
  KJ_DISALLOW_COPY(Submitter);

  void add(const PendingPacket& packet);
  // Goes out with the next `flush`, or by itself when a batch is complete. `packet` stays in the
  // pool until then.
  void flush();

  void resubmit();
  // All that waits, oldest first.

  bool connected() const { return arrow != nullptr; }
  const Counters& counters() const { return counts; }

private:
  kj::Timer& timer;
  const Pending& pending;
  const uint64_t netns;
  kj::Maybe<RingSender> arrow;
  RingMessage message;
  const PendingPacket* batch[proto::RING_BATCH_PACKETS];
  unsigned batched = 0;
  Counters counts;
  kj::TaskSet tasks;
  PeerConnection peer;  // calls `establish`

  kj::Promise<void> establish(proto::Attributor::Client attributor);
  void open(kj::AutoCloseFd sender);
  void lost();
  kj::Promise<void> reopen();
  RingSender::Sent sendBatch(RingSender& sender);
  void taskFailed(kj::Exception&& e) override;
};

void toRing(const PendingPacket& packet, uint64_t netns, proto::Packet::Builder builder);

}  // namespace portreeve::interceptor
