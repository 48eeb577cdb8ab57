// SPDX-License-Identifier: GPL-3.0-or-later
// The tie to the keeper, whose BPF programs note the owners of sockets. While the keeper is away
// nothing is noted, so nothing that was noted is believed: the reader is asked then.
#pragma once

#include "attributor/noted-owners.h"
#include "common/rpc-client.h"
#include "proto/keeper.capnp.h"

#include <kj/async-io.h>
#include <kj/string.h>
#include <kj/timer.h>

namespace portreeve::attributor {

class KeeperLink final : public NotedOwners {
public:
  KeeperLink(kj::LowLevelAsyncIoProvider& provider, kj::Timer& timer, kj::StringPtr socket);
  KJ_DISALLOW_COPY(KeeperLink);

  kj::Maybe<NotedOwner> find(uint64_t cookie) const override;
  kj::Maybe<ClosedSocket> findClosed(const ClosedQuestion& asked) const override;

  kj::String words() const;
  // For people: whether the kernel notes the owners, and if not why.

private:
  OwnerTable table;
  kj::String whyNot;
  PeerConnection peer;

  kj::Promise<void> establish(proto::Keeper::Client keeper);
};

}  // namespace portreeve::attributor
