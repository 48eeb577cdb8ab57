// SPDX-License-Identifier: GPL-3.0-or-later
#include "resolver/network-messages.h"

#include <kj/vector.h>
#include <libmnl/libmnl.h>
#include <linux/genetlink.h>
#include <linux/if.h>
#include <linux/if_link.h>
#include <linux/neighbour.h>
#include <linux/nl80211.h>
#include <linux/rtnetlink.h>
#include <string.h>

namespace portreeve::resolver {
namespace {

constexpr size_t MAC_BYTES = 6;
constexpr size_t LONGEST_SSID = 32;  // IEEE 802.11-2020, 9.4.2.2
constexpr kj::StringPtr VPN_KINDS[] = {"wireguard"_kj, "tun"_kj, "ppp"_kj, "ovpn"_kj,
                                       "xfrm"_kj,      "vti"_kj, "vti6"_kj};

template <typename Header>
const Header* headerOf(const nlmsghdr& message) {
  if (message.nlmsg_len < MNL_ALIGN(sizeof(nlmsghdr)) + sizeof(Header)) return nullptr;
  return static_cast<const Header*>(mnl_nlmsg_get_payload(&message));
}

bool isWhole(const nlattr* attribute, const void* end) {
  auto left = static_cast<const char*>(end) - reinterpret_cast<const char*>(attribute);
  return mnl_attr_ok(attribute, int(left));
}

template <typename OnAttribute>
void eachAttribute(const nlattr* first, const void* end, OnAttribute&& onAttribute) {
  for (auto attribute = first; isWhole(attribute, end); attribute = mnl_attr_next(attribute))
    onAttribute(*attribute);
}

template <typename OnAttribute>
void eachAttribute(const nlmsghdr& message, size_t header, OnAttribute&& onAttribute) {
  auto first = static_cast<const nlattr*>(mnl_nlmsg_get_payload_offset(&message, header));
  // Not mnl_nlmsg_get_payload_tail: it rounds a length up that the sender has given.
  eachAttribute(first, reinterpret_cast<const char*>(&message) + message.nlmsg_len, onAttribute);
}

template <typename OnAttribute>
void eachInner(const nlattr& outer, OnAttribute&& onAttribute) {
  auto first = static_cast<const nlattr*>(mnl_attr_get_payload(&outer));
  eachAttribute(first, reinterpret_cast<const char*>(first) + mnl_attr_get_payload_len(&outer),
                onAttribute);
}

kj::ArrayPtr<const kj::byte> bytesOf(const nlattr& attribute) {
  return kj::arrayPtr(static_cast<const kj::byte*>(mnl_attr_get_payload(&attribute)),
                      mnl_attr_get_payload_len(&attribute));
}

kj::String textOf(const nlattr& attribute) {
  auto bytes = bytesOf(attribute).asChars();
  return kj::heapString(bytes.begin(), strnlen(bytes.begin(), bytes.size()));
}

template <typename Number>
Number numberOf(const nlattr& attribute, Number otherwise = 0) {
  Number number = otherwise;
  if (mnl_attr_get_payload_len(&attribute) >= sizeof number)
    memcpy(&number, mnl_attr_get_payload(&attribute), sizeof number);
  return number;
}

kj::Maybe<Address> addressOf(uint8_t family, kj::ArrayPtr<const kj::byte> bytes) {
  if (family == AF_INET && bytes.size() == 4) return Address::fromV4(bytes.begin());
  if (family == AF_INET6 && bytes.size() == 16) return Address::fromV6(bytes.begin());
  return nullptr;
}

void addHop(kj::Vector<NextHop>& hops, uint32_t interface, const kj::Maybe<Address>& gateway) {
  KJ_IF_MAYBE (address, gateway)
    if (interface != 0) hops.add(NextHop{interface, *address});
}

kj::Maybe<Address> viaOf(const nlattr& attribute) {
  // RFC 5549: IPv4 by an IPv6 router. The family stands before the address.
  auto bytes = bytesOf(attribute);
  if (bytes.size() <= sizeof(rtvia)) return nullptr;
  auto family = numberOf<uint16_t>(attribute);
  return addressOf(uint8_t(family), bytes.slice(sizeof(rtvia), bytes.size()));
}

kj::Maybe<Address> gatewayOf(uint8_t family, const nlattr& attribute) {
  switch (mnl_attr_get_type(&attribute)) {
    case RTA_GATEWAY:
      return addressOf(family, bytesOf(attribute));
    case RTA_VIA:
      return viaOf(attribute);
    default:
      return nullptr;
  }
}

void addMultipath(kj::Vector<NextHop>& hops, uint8_t family, const nlattr& attribute) {
  auto left = bytesOf(attribute);
  while (left.size() >= sizeof(rtnexthop)) {
    rtnexthop hop;
    memcpy(&hop, left.begin(), sizeof hop);
    if (hop.rtnh_len < sizeof hop || hop.rtnh_len > left.size()) return;
    auto first = reinterpret_cast<const nlattr*>(left.begin() + sizeof hop);
    kj::Maybe<Address> gateway;
    eachAttribute(first, left.begin() + hop.rtnh_len, [&](const nlattr& inner) {
      KJ_IF_MAYBE (address, gatewayOf(family, inner)) gateway = *address;
    });
    addHop(hops, uint32_t(hop.rtnh_ifindex), gateway);
    left = left.slice(kj::min(size_t(RTNH_ALIGN(hop.rtnh_len)), left.size()), left.size());
  }
}

kj::String macOf(kj::ArrayPtr<const kj::byte> bytes) {
  constexpr char HEX[] = "0123456789abcdef";
  if (bytes.size() != MAC_BYTES) return kj::String();
  auto parts = KJ_MAP(byte, bytes) {
    return kj::str(HEX[byte >> 4], HEX[byte & 15]);
  };
  return kj::strArray(parts, ":");
}

size_t sequenceLength(kj::byte first) {
  return first < 0x80 ? 1 : first >> 5 == 6 ? 2 : first >> 4 == 14 ? 3 : first >> 3 == 30 ? 4 : 0;
}

kj::String printableSsid(kj::ArrayPtr<const kj::byte> bytes) {
  kj::Vector<char> text;
  for (size_t at = 0; at < bytes.size();) {
    size_t length = sequenceLength(bytes[at]);
    bool whole = length != 0 && at + length <= bytes.size();
    for (size_t i = 1; whole && i < length; i++) whole = bytes[at + i] >> 6 == 2;
    if (!whole || bytes[at] < 0x20 || bytes[at] == 0x7f) {
      text.add('?');
      at++;
      continue;
    }
    text.addAll(bytes.slice(at, at + length).asChars());
    at += length;
  }
  return kj::heapString(text.begin(), text.size());
}

}  // namespace

bool Link::isVpn() const {
  if (loopback || member) return false;
  for (auto one : VPN_KINDS)
    if (kind == one) return true;
  return false;
}

kj::Maybe<Link> parseLink(const nlmsghdr& message) {
  auto info = headerOf<ifinfomsg>(message);
  if (info == nullptr) return nullptr;
  Link link;
  link.index = uint32_t(info->ifi_index);
  link.loopback = (info->ifi_flags & IFF_LOOPBACK) != 0;
  link.up = (info->ifi_flags & IFF_UP) != 0 && (info->ifi_flags & IFF_LOWER_UP) != 0;
  eachAttribute(message, sizeof *info, [&](const nlattr& attribute) {
    switch (mnl_attr_get_type(&attribute)) {
      case IFLA_IFNAME:
        link.name = textOf(attribute);
        break;
      case IFLA_MASTER:
        link.member = true;
        break;
      case IFLA_LINKINFO:
        eachInner(attribute, [&](const nlattr& inner) {
          if (mnl_attr_get_type(&inner) == IFLA_INFO_KIND) link.kind = textOf(inner);
        });
        break;
    }
  });
  return kj::mv(link);
}

bool isOfDefaultRoute(const nlmsghdr& message) {
  auto route = headerOf<rtmsg>(message);
  return route != nullptr && route->rtm_dst_len == 0;
}

kj::Vector<NextHop> parseDefaultRoute(const nlmsghdr& message) {
  kj::Vector<NextHop> hops;
  auto route = headerOf<rtmsg>(message);
  if (route == nullptr || route->rtm_dst_len != 0 || route->rtm_type != RTN_UNICAST) return hops;
  uint32_t table = route->rtm_table;
  uint32_t interface = 0;
  kj::Maybe<Address> gateway;
  eachAttribute(message, sizeof *route, [&](const nlattr& attribute) {
    switch (mnl_attr_get_type(&attribute)) {
      case RTA_TABLE:
        table = numberOf<uint32_t>(attribute, table);
        break;
      case RTA_OIF:
        interface = numberOf<uint32_t>(attribute);
        break;
      case RTA_MULTIPATH:
        addMultipath(hops, route->rtm_family, attribute);
        break;
      default:
        KJ_IF_MAYBE (address, gatewayOf(route->rtm_family, attribute)) gateway = *address;
    }
  });
  addHop(hops, interface, gateway);
  if (table != RT_TABLE_MAIN) hops.clear();
  return hops;
}

kj::Maybe<Neighbour> parseNeighbour(const nlmsghdr& message) {
  constexpr uint16_t UNANSWERED = NUD_INCOMPLETE | NUD_FAILED | NUD_NONE;
  auto entry = headerOf<ndmsg>(message);
  if (entry == nullptr) return nullptr;
  Neighbour neighbour;
  neighbour.interface = uint32_t(entry->ndm_ifindex);
  bool addressed = false;
  eachAttribute(message, sizeof *entry, [&](const nlattr& attribute) {
    uint16_t type = mnl_attr_get_type(&attribute);
    if (type == NDA_DST) {
      KJ_IF_MAYBE (address, addressOf(entry->ndm_family, bytesOf(attribute))) {
        neighbour.address = *address;
        addressed = true;
      }
    }
    if (type == NDA_LLADDR && (entry->ndm_state & UNANSWERED) == 0)
      neighbour.mac = macOf(bytesOf(attribute));
  });
  if (!addressed) return nullptr;
  return kj::mv(neighbour);
}

kj::Maybe<WirelessInterface> parseWireless(const nlmsghdr& message) {
  auto header = headerOf<genlmsghdr>(message);
  if (header == nullptr) return nullptr;
  WirelessInterface wireless;
  eachAttribute(message, sizeof *header, [&](const nlattr& attribute) {
    uint16_t type = mnl_attr_get_type(&attribute);
    if (type == NL80211_ATTR_IFINDEX) wireless.index = numberOf<uint32_t>(attribute);
    if (type == NL80211_ATTR_SSID && bytesOf(attribute).size() <= LONGEST_SSID)
      wireless.ssid = printableSsid(bytesOf(attribute));
  });
  if (wireless.index == 0) return nullptr;
  return kj::mv(wireless);
}

kj::Maybe<uint16_t> parseFamily(const nlmsghdr& message) {
  auto header = headerOf<genlmsghdr>(message);
  if (header == nullptr) return nullptr;
  uint16_t family = 0;
  eachAttribute(message, sizeof *header, [&](const nlattr& attribute) {
    if (mnl_attr_get_type(&attribute) == CTRL_ATTR_FAMILY_ID)
      family = numberOf<uint16_t>(attribute);
  });
  if (family == 0) return nullptr;
  return family;
}

}  // namespace portreeve::resolver
