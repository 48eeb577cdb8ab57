// SPDX-License-Identifier: GPL-3.0-or-later
#include "interceptor/conntrack-events.h"

#include "common/marks.h"
#include "interceptor/conntrack-message.h"

#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <linux/netlink.h>

namespace portreeve::interceptor {

NetlinkSocket openConntrackEvents() {
  const uint32_t groups[] = {NFNLGRP_CONNTRACK_DESTROY};
  return openEvents(NETLINK_NETFILTER, groups);
}

ConntrackEvents::ConntrackEvents(kj::UnixEventPort& port, kj::Timer& timer, NetlinkSocket opened,
                                 WatcherFeed& feed)
    : feed(feed), events(port, timer, kj::mv(opened), *this) {}

void ConntrackEvents::onEvent(const nlmsghdr* message) {
  if (message->nlmsg_type != netfilterType(NFNL_SUBSYS_CTNETLINK, IPCTNL_MSG_CT_DELETE)) return;
  KJ_IF_MAYBE (entry, decodeEntry(message)) {
    if (verdictOf(entry->mark) != proto::Verdict::NONE) feed.flowEnded(*entry);
  }
}

}  // namespace portreeve::interceptor
