// SPDX-License-Identifier: GPL-3.0-or-later
// The kernel's word that a UDP socket was closed (SKNLGRP_INET_UDP_DESTROY, INET6). A verdict is
// kept in the conntrack entry, not in the socket: the next program on that port would inherit it.
#pragma once

#include "interceptor/conntrack.h"
#include "interceptor/netlink-events.h"
#include "interceptor/watcher-feed.h"

#include <kj/common.h>

namespace portreeve::interceptor {

NetlinkSocket openSocketEvents();

kj::Maybe<ClosedSocket> decodeClosedSocket(const nlmsghdr* message);
// nullptr for what is no socket of an IP family. The inode is mostly 0: the kernel has detached it
// by then.

class SocketEvents final : private NetlinkEvents::Receiver {
public:
  SocketEvents(kj::UnixEventPort& port, kj::Timer& timer, NetlinkSocket opened,
               ConntrackTable& conntrack, WatcherFeed& feed);
  // The entry of a connected socket that has closed is deleted at once, so that the next program on
  // its port is asked about; `feed` is told of every closed socket.
  KJ_DISALLOW_COPY(SocketEvents);

  kj::Promise<void> run() { return events.run(); }

private:
  ConntrackTable& conntrack;
  WatcherFeed& feed;
  kj::Vector<Tuple> closed;
  NetlinkEvents events;

  void onEvent(const nlmsghdr* message) override;
  void onDrained() override;
  void onLost() override { feed.missed(); }
};

}  // namespace portreeve::interceptor
