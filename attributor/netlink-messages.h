// SPDX-License-Identifier: GPL-3.0-or-later
// The messages in one datagram of netlink(7).
#pragma once

#include <kj/common.h>
#include <linux/netlink.h>

#include <cstddef>

namespace portreeve::attributor {

template <typename Each>
void forEachMessage(kj::ArrayPtr<const kj::byte> datagram, Each&& each) {
  // Calls `each` with every message that fits in whole. The datagram is aligned for its headers.
  // The kernel's NLMSG_NEXT takes the padding of the last message off a length that need not have
  // room for it; with an unsigned one that never ends.
  auto rest = datagram;
  while (rest.size() >= sizeof(nlmsghdr)) {
    auto message = reinterpret_cast<const nlmsghdr*>(rest.begin());
    size_t length = message->nlmsg_len;
    if (length < sizeof(nlmsghdr) || length > rest.size()) return;
    each(*message);
    rest = rest.slice(kj::min(size_t(NLMSG_ALIGN(length)), rest.size()), rest.size());
  }
}

}  // namespace portreeve::attributor
