// SPDX-License-Identifier: GPL-3.0-or-later
// The tie to the keeper, whose BPF programs note the owners of sockets. While the keeper is away
// nothing is noted, so nothing that was noted is believed: the reader is asked then. It also hands
// over the socket on which the kernel tells process events, which does not need it any more.
#pragma once

#include "attributor/noted-owners.h"
#include "common/rpc-client.h"
#include "proto/keeper.capnp.h"

#include <kj/async-io.h>
#include <kj/function.h>
#include <kj/io.h>
#include <kj/string.h>
#include <kj/timer.h>

namespace portreeve::attributor {

class KeeperLink final : public NotedOwners {
public:
  using OnProcessEvents = kj::Function<void(kj::AutoCloseFd socket)>;

  KeeperLink(kj::LowLevelAsyncIoProvider& provider, kj::Timer& timer, kj::StringPtr socket,
             OnProcessEvents onProcessEvents);
  // Calls `onProcessEvents` with a socket of the keeper's each time the keeper comes, if it has
  // one.
  KJ_DISALLOW_COPY(KeeperLink);

  kj::Maybe<NotedOwner> find(uint64_t cookie) const override;
  kj::Maybe<ClosedSocket> findClosed(const ClosedQuestion& asked) const override;

  kj::String words() const;
  // For people: whether the kernel notes the owners, and if not why.
  kj::StringPtr whyNoProcessEvents() const { return whyNoEvents; }
  // Empty where the keeper has a socket, or was not there yet.

private:
  OnProcessEvents onProcessEvents;
  OwnerTable table;
  kj::String whyNot, whyNoEvents;
  PeerConnection peer;

  kj::Promise<void> establish(proto::Keeper::Client keeper);
  kj::Promise<void> takeTable(proto::Keeper::Client keeper);
  kj::Promise<void> takeEvents(proto::Keeper::Client keeper);
};

}  // namespace portreeve::attributor
