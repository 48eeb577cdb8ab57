// SPDX-License-Identifier: GPL-3.0-or-later
// The kernel's word that a conntrack entry is gone (NFNLGRP_CONNTRACK_DESTROY), for entries that
// bear one of our marks.
#pragma once

#include "interceptor/netlink-events.h"
#include "interceptor/watcher-feed.h"

namespace portreeve::interceptor {

NetlinkSocket openConntrackEvents();

class ConntrackEvents final : private NetlinkEvents::Receiver {
public:
  ConntrackEvents(kj::UnixEventPort& port, kj::Timer& timer, NetlinkSocket opened,
                  WatcherFeed& feed);
  KJ_DISALLOW_COPY(ConntrackEvents);

  kj::Promise<void> run() { return events.run(); }

private:
  WatcherFeed& feed;
  NetlinkEvents events;

  void onEvent(const nlmsghdr* message) override;
  void onDrained() override {}
  void onLost() override { feed.missed(); }
};

}  // namespace portreeve::interceptor
