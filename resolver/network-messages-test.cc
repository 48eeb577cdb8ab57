// SPDX-License-Identifier: GPL-3.0-or-later
#include "resolver/network-messages.h"

#include "resolver/network-watch.h"

#include <doctest/doctest.h>
#include <kj/async-io.h>
#include <kj/debug.h>
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

struct Made {
  // As the kernel would write it.
  alignas(nlmsghdr) char buffer[1024]{};
  nlmsghdr* message = mnl_nlmsg_put_header(buffer);

  explicit Made(uint16_t type) { message->nlmsg_type = type; }
  template <typename Header>
  Header& header() {
    return *static_cast<Header*>(mnl_nlmsg_put_extra_header(message, sizeof(Header)));
  }
  Made& text(uint16_t type, const char* value) {
    mnl_attr_put_strz(message, type, value);
    return *this;
  }
  Made& number(uint16_t type, uint32_t value) {
    mnl_attr_put_u32(message, type, value);
    return *this;
  }
  Made& bytes(uint16_t type, std::initializer_list<uint8_t> value) {
    mnl_attr_put(message, type, value.size(), value.begin());
    return *this;
  }
  Made& kind(const char* value) {
    auto nest = mnl_attr_nest_start(message, IFLA_LINKINFO);
    mnl_attr_put_strz(message, IFLA_INFO_KIND, value);
    mnl_attr_nest_end(message, nest);
    return *this;
  }
};

Link link(unsigned flags, const char* kind, bool member = false) {
  Made made(RTM_NEWLINK);
  auto& info = made.header<ifinfomsg>();
  info.ifi_index = 7;
  info.ifi_flags = flags;
  made.text(IFLA_IFNAME, "x0");
  if (kind != nullptr) made.kind(kind);
  if (member) made.number(IFLA_MASTER, 3);
  return KJ_ASSERT_NONNULL(parseLink(*made.message));
}

TEST_CASE("an interface is up when it is switched on and has a carrier") {
  CHECK(link(IFF_UP | IFF_LOWER_UP, nullptr).up);
  CHECK_FALSE(link(IFF_UP, nullptr).up);
  CHECK_FALSE(link(IFF_LOWER_UP, nullptr).up);
  CHECK(link(IFF_LOOPBACK, nullptr).loopback);
  auto one = link(0, "veth");
  CHECK(one.index == 7);
  CHECK(one.name == "x0");
  CHECK(one.kind == "veth");
}

TEST_CASE("tunnels are VPNs, a virtual machine's end of a bridge is not") {
  CHECK(link(0, "wireguard").isVpn());
  CHECK(link(0, "tun").isVpn());
  CHECK_FALSE(link(0, "tun", true).isVpn());
  CHECK_FALSE(link(0, "bridge").isVpn());
  CHECK_FALSE(link(0, nullptr).isVpn());
}

Made route(uint8_t length, uint8_t table = RT_TABLE_MAIN) {
  Made made(RTM_NEWROUTE);
  auto& header = made.header<rtmsg>();
  header.rtm_family = AF_INET;
  header.rtm_dst_len = length;
  header.rtm_table = table;
  header.rtm_type = RTN_UNICAST;
  return made;
}

TEST_CASE("a default route names its router and the interface to it") {
  auto made = route(0);
  made.bytes(RTA_GATEWAY, {192, 0, 2, 1}).number(RTA_OIF, 4);
  auto hops = parseDefaultRoute(*made.message);
  REQUIRE(hops.size() == 1);
  CHECK(hops[0].interface == 4);
  CHECK(hops[0].gateway.toString() == "192.0.2.1");
}

TEST_CASE(
    "routes to a part of the world, without a router or of other tables are not about a gateway") {
  auto part = route(24);
  part.bytes(RTA_GATEWAY, {192, 0, 2, 1}).number(RTA_OIF, 4);
  CHECK(parseDefaultRoute(*part.message).empty());
  CHECK_FALSE(isOfDefaultRoute(*part.message));
  auto tunnel = route(0);
  tunnel.number(RTA_OIF, 4);
  CHECK(parseDefaultRoute(*tunnel.message).empty());
  CHECK(isOfDefaultRoute(*tunnel.message));
  auto other = route(0, RT_TABLE_UNSPEC);
  other.bytes(RTA_GATEWAY, {192, 0, 2, 1}).number(RTA_OIF, 4).number(RTA_TABLE, 51820);
  CHECK(parseDefaultRoute(*other.message).empty());
}

TEST_CASE("a route with several next hops names each, one by IPv6 as well") {
  auto made = route(0);
  auto nest = mnl_attr_nest_start(made.message, RTA_MULTIPATH);
  auto hop = [&](int interface, uint16_t type, std::initializer_list<uint8_t> value) {
    auto start = static_cast<char*>(mnl_nlmsg_get_payload_tail(made.message));
    auto& next = made.header<rtnexthop>();
    next.rtnh_ifindex = interface;
    made.bytes(type, value);
    auto end = static_cast<char*>(mnl_nlmsg_get_payload_tail(made.message));
    next.rtnh_len = uint16_t(end - start);
  };
  hop(4, RTA_GATEWAY, {192, 0, 2, 1});
  hop(5, RTA_VIA, {AF_INET6, 0, 0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9});
  mnl_attr_nest_end(made.message, nest);
  auto hops = parseDefaultRoute(*made.message);
  REQUIRE(hops.size() == 2);
  CHECK(hops[0].gateway.toString() == "192.0.2.1");
  CHECK(hops[1].interface == 5);
  CHECK(hops[1].gateway.toString() == "fe80::9");
}

kj::String macInState(uint16_t state) {
  Made made(RTM_NEWNEIGH);
  auto& header = made.header<ndmsg>();
  header.ndm_family = AF_INET;
  header.ndm_ifindex = 4;
  header.ndm_state = state;
  made.bytes(NDA_DST, {192, 0, 2, 1}).bytes(NDA_LLADDR, {2, 0, 0x5e, 0x10, 0, 0xaf});
  auto neighbour = KJ_ASSERT_NONNULL(parseNeighbour(*made.message));
  return kj::mv(neighbour.mac);
}

TEST_CASE("a neighbour has the MAC address that it answered with") {
  CHECK(macInState(NUD_REACHABLE) == "02:00:5e:10:00:af");
  CHECK(macInState(NUD_STALE) == "02:00:5e:10:00:af");
  CHECK(macInState(NUD_FAILED) == "");
  CHECK(macInState(NUD_INCOMPLETE) == "");
}

kj::String ssid(std::initializer_list<uint8_t> bytes) {
  Made made(40);
  made.header<genlmsghdr>().cmd = NL80211_CMD_NEW_INTERFACE;
  made.number(NL80211_ATTR_IFINDEX, 3).bytes(NL80211_ATTR_SSID, bytes);
  auto wireless = KJ_ASSERT_NONNULL(parseWireless(*made.message));
  return kj::mv(wireless.ssid);
}

TEST_CASE("an SSID is shown as text, whatever bytes somebody has put into it") {
  CHECK(ssid({'H', 'o', 'm', 'e'}) == "Home");
  CHECK(ssid({'C', 'a', 'f', 0xc3, 0xa9}) == "Café");
  CHECK(ssid({'a', 0x1b, 0xff, 0xc3}) == "a???");
}

TEST_CASE("messages that are cut short yield nothing and read nothing behind their end") {
  auto made = route(0);
  made.bytes(RTA_GATEWAY, {192, 0, 2, 1}).number(RTA_OIF, 4);
  uint32_t whole = made.message->nlmsg_len;
  for (uint32_t length = NLMSG_HDRLEN; length < whole; length++) {
    auto cut = kj::heapArray<kj::byte>(length);  // so that a sanitizer sees what is beyond
    memcpy(cut.begin(), made.message, length);
    auto& message = *reinterpret_cast<nlmsghdr*>(cut.begin());
    message.nlmsg_len = length;
    CHECK(parseDefaultRoute(message).size() <= 0);
    parseLink(message);
    parseNeighbour(message);
    parseWireless(message);
    parseFamily(message);
  }
}

TEST_CASE("the kernel's own answers about this machine are understood") {
  auto io = kj::setupAsyncIo();
  NetworkWatch watch(io.unixEventPort, io.provider->getTimer());
  auto seen = watch.look();
  for (auto& gateway : seen.gateways) CHECK(gateway.interface.size() > 0);
  CHECK(seen == watch.look());
}

}  // namespace
}  // namespace portreeve::resolver
