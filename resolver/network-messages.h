// SPDX-License-Identifier: GPL-3.0-or-later
// What the kernel says of links, routes, neighbours and wireless networks: rtnetlink(7) and the
// generic netlink family nl80211, read with libmnl. Pure functions; what is cut short or malformed
// yields nothing.
#pragma once

#include "common/address.h"

#include <kj/common.h>
#include <kj/string.h>
#include <kj/vector.h>
#include <linux/netlink.h>

#include <cstdint>

namespace portreeve::resolver {

struct Link {
  uint32_t index = 0;
  kj::String name;
  kj::String kind;  // IFLA_INFO_KIND: "wireguard", "tun", "veth", …; empty for hardware
  bool up = false;  // administratively, and with a carrier
  bool loopback = false;
  bool member = false;  // of a bridge or bond: what it carries is the master's

  bool isVpn() const;
  // A tunnel of a VPN's kind: WireGuard, tun (not one that a bridge has), PPP, IPsec. What is up
  // without being used counts as well.
};
kj::Maybe<Link> parseLink(const nlmsghdr& message);  // RTM_NEWLINK

struct NextHop {
  uint32_t interface = 0;
  Address gateway;
};
kj::Vector<NextHop> parseDefaultRoute(const nlmsghdr& message);
// RTM_NEWROUTE of the main table for 0.0.0.0/0 or ::/0; those of its next hops that are a router.

bool isOfDefaultRoute(const nlmsghdr& message);  // RTM_NEWROUTE, RTM_DELROUTE

struct Neighbour {
  uint32_t interface = 0;
  Address address;
  kj::String mac;  // empty where it is not known, or has not answered
};
kj::Maybe<Neighbour> parseNeighbour(const nlmsghdr& message);  // RTM_NEWNEIGH, RTM_DELNEIGH

struct WirelessInterface {
  uint32_t index = 0;
  kj::String ssid;  // empty: not connected
};
kj::Maybe<WirelessInterface> parseWireless(const nlmsghdr& message);
// Of a dump of NL80211_CMD_GET_INTERFACE. Bytes of the SSID that are no printable UTF-8 are
// replaced by "?".

kj::Maybe<uint16_t> parseFamily(const nlmsghdr& message);
// The number of a generic netlink family, of the answer to CTRL_CMD_GETFAMILY.

}  // namespace portreeve::resolver
