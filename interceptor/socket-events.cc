// SPDX-License-Identifier: GPL-3.0-or-later
#include "interceptor/socket-events.h"

#include "interceptor/diag-message.h"

#include <linux/netlink.h>
#include <linux/sock_diag.h>

namespace portreeve::interceptor {

NetlinkSocket openSocketEvents() {
  const uint32_t groups[] = {SKNLGRP_INET_UDP_DESTROY, SKNLGRP_INET6_UDP_DESTROY};
  return openEvents(NETLINK_SOCK_DIAG, groups);
}

kj::Maybe<ClosedSocket> decodeClosedSocket(const nlmsghdr* message) {
  KJ_IF_MAYBE (socket, diagMessage(message)) {
    return ClosedSocket{tupleOf(*socket, PROTOCOL_UDP), socket->idiag_inode};
  }
  return nullptr;
}

SocketEvents::SocketEvents(kj::UnixEventPort& port, kj::Timer& timer, NetlinkSocket opened,
                           ConntrackTable& conntrack, WatcherFeed& feed)
    : conntrack(conntrack), feed(feed), events(port, timer, kj::mv(opened), *this) {}

void SocketEvents::onEvent(const nlmsghdr* message) {
  KJ_IF_MAYBE (socket, decodeClosedSocket(message)) {
    // A socket without a port has sent nothing and bears no verdict.
    if (socket->tuple.sourcePort == 0) return;
    if (socket->tuple.destinationPort != 0) {
      // Whichever of the two spoke first.
      closed.add(socket->tuple);
      closed.add(socket->tuple.reversed());
    }
    feed.socketClosed(*socket);
  }
}

void SocketEvents::onDrained() {
  // A packet that is still on the ring may make the entry anew: policy has it deleted once more
  // when it hears of the socket.
  if (!closed.empty()) conntrack.remove(closed);
  closed.clear();
  feed.flushSockets();
}

}  // namespace portreeve::interceptor
