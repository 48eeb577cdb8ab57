// SPDX-License-Identifier: GPL-3.0-or-later
#include "resolver/network-watch.h"

#include "common/log.h"

#include <errno.h>
#include <kj/debug.h>
#include <libmnl/libmnl.h>
#include <linux/genetlink.h>
#include <linux/neighbour.h>
#include <linux/netlink.h>
#include <linux/nl80211.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>

#include <algorithm>

namespace portreeve::resolver {
namespace {

constexpr auto SETTLE = 100 * kj::MILLISECONDS;  // one change is several events
constexpr size_t READ_BYTES = 32768;             // the kernel fills no more into one part of a dump
constexpr size_t QUESTION_BYTES = 256;

kj::AutoCloseFd openNetlink(int protocol, uint32_t groups) {
  int opened;
  KJ_SYSCALL(opened = ::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, protocol),
             protocol);
  kj::AutoCloseFd fd(opened);
  sockaddr_nl address{};
  address.nl_family = AF_NETLINK;
  address.nl_groups = groups;
  KJ_SYSCALL(bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address), protocol);
  return fd;
}

class Question {
public:
  Question(uint16_t type, uint16_t flags) {
    header = mnl_nlmsg_put_header(buffer);
    header->nlmsg_type = type;
    header->nlmsg_flags = uint16_t(NLM_F_REQUEST | flags);
  }
  template <typename Header>
  Header& add() {
    return *static_cast<Header*>(mnl_nlmsg_put_extra_header(header, sizeof(Header)));
  }
  nlmsghdr& message() { return *header; }

private:
  alignas(nlmsghdr) char buffer[QUESTION_BYTES];
  nlmsghdr* header;
};

bool isLink(const nlmsghdr& message) {
  return message.nlmsg_type == RTM_NEWLINK || message.nlmsg_type == RTM_DELLINK;
}

bool isRoute(const nlmsghdr& message) {
  return message.nlmsg_type == RTM_NEWROUTE || message.nlmsg_type == RTM_DELROUTE;
}

bool isNeighbour(const nlmsghdr& message) {
  return message.nlmsg_type == RTM_NEWNEIGH || message.nlmsg_type == RTM_DELNEIGH;
}

bool sameGateway(const NetworkWatch::Attachment::Gateway& a,
                 const NetworkWatch::Attachment::Gateway& b) {
  return a.interface == b.interface && a.address == b.address && a.mac == b.mac;
}

bool same(const kj::Vector<kj::String>& a, const kj::Vector<kj::String>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end());
}

void fill(capnp::List<capnp::Text>::Builder list, const kj::Vector<kj::String>& texts) {
  for (uint i = 0; i < list.size(); i++) list.set(i, texts[i]);
}

}  // namespace

NetlinkAsker::NetlinkAsker(int protocol)
    : socket(openNetlink(protocol, 0)), buffer(kj::heapArray<kj::byte>(READ_BYTES)) {
  // A dump of routes can be held to one table then.
  int strict = 1;
  setsockopt(socket, SOL_NETLINK, NETLINK_GET_STRICT_CHK, &strict, sizeof strict);
}

bool NetlinkAsker::ask(nlmsghdr& question, OnMessage onMessage) {
  question.nlmsg_seq = ++sequence;
  if (send(socket, &question, question.nlmsg_len, 0) < 0) return false;
  bool dump = (question.nlmsg_flags & NLM_F_DUMP) == NLM_F_DUMP;
  for (;;) {
    ssize_t got = recv(socket, buffer.begin(), buffer.size(), 0);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return false;
    int left = int(got);
    auto message = reinterpret_cast<const nlmsghdr*>(buffer.begin());
    for (; mnl_nlmsg_ok(message, left); message = mnl_nlmsg_next(message, &left)) {
      if (message->nlmsg_seq != sequence) continue;  // of a question that was given up
      if (message->nlmsg_type == NLMSG_DONE) return true;
      if (message->nlmsg_type == NLMSG_ERROR) return false;
      onMessage(*message);
      if (!dump) return true;
    }
  }
}

NetworkWatch::NetworkWatch(kj::UnixEventPort& port, kj::Timer& timer)
    : timer(timer),
      events(openNetlink(NETLINK_ROUTE,
                         RTMGRP_LINK | RTMGRP_NEIGH | RTMGRP_IPV4_ROUTE | RTMGRP_IPV6_ROUTE)),
      observer(port, events, kj::UnixEventPort::FdObserver::OBSERVE_READ),
      routing(NETLINK_ROUTE),
      generic(NETLINK_GENERIC) {}

kj::Promise<void> NetworkWatch::changed() {
  if (drain()) return timer.afterDelay(SETTLE).then([this]() { drain(); });
  return observer.whenBecomesReadable().then([this]() { return changed(); });
}

bool NetworkWatch::drain() {
  alignas(nlmsghdr) kj::byte buffer[READ_BYTES];
  bool any = false;
  for (;;) {
    ssize_t got = recv(events, buffer, sizeof buffer, 0);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0 && errno == ENOBUFS) {
      any = true;  // changes were missed; everything is asked anew anyway
      continue;
    }
    if (got <= 0) return any;
    int left = int(got);
    auto message = reinterpret_cast<const nlmsghdr*>(buffer);
    for (; mnl_nlmsg_ok(message, left); message = mnl_nlmsg_next(message, &left))
      any = any || matters(*message);
  }
}

bool NetworkWatch::matters(const nlmsghdr& message) const {
  if (isLink(message)) return true;
  if (isRoute(message)) return isOfDefaultRoute(message);
  if (!isNeighbour(message)) return false;
  // Of a big network's many neighbours the gateways alone.
  KJ_IF_MAYBE (neighbour, parseNeighbour(message))
    return macs.count({neighbour->interface, neighbour->address}) != 0;
  return false;
}

NetworkWatch::Attachment NetworkWatch::look() {
  Attachment seen;
  auto present = links();
  auto nameOf = [&](uint32_t index) -> kj::StringPtr {
    auto found = present.find(index);
    return found == present.end() ? ""_kj : kj::StringPtr(found->second.name);
  };
  for (auto& [index, link] : present) {
    if (!link.up || link.loopback) continue;
    seen.interfaces.add(kj::str(link.name));
    if (link.isVpn()) seen.vpns.add(kj::str(link.name));
  }
  std::map<Hop, kj::String> known;
  for (auto& hop : hops()) {
    auto name = nameOf(hop.interface);
    Hop key{hop.interface, hop.gateway};
    if (name.size() == 0 || known.count(key) != 0) continue;
    auto mac = macOf(hop);
    seen.gateways.add(Attachment::Gateway{kj::str(name), hop.gateway, kj::str(mac)});
    known.emplace(key, kj::mv(mac));
  }
  macs = std::move(known);
  for (auto& one : wireless())
    if (one.ssid.size() > 0 && nameOf(one.index).size() > 0)
      seen.wireless.add(kj::str(nameOf(one.index)), kj::mv(one.ssid));
  std::sort(seen.interfaces.begin(), seen.interfaces.end());
  std::sort(seen.vpns.begin(), seen.vpns.end());
  return seen;
}

std::map<uint32_t, Link> NetworkWatch::links() {
  std::map<uint32_t, Link> all;
  Question question(RTM_GETLINK, NLM_F_DUMP);
  question.add<ifinfomsg>();
  routing.ask(question.message(), [&](const nlmsghdr& message) {
    KJ_IF_MAYBE (link, parseLink(message)) all.emplace(link->index, kj::mv(*link));
  });
  return all;
}

kj::Vector<NextHop> NetworkWatch::hops() {
  kj::Vector<NextHop> all;
  for (uint8_t family : {AF_INET, AF_INET6}) {
    Question question(RTM_GETROUTE, NLM_F_DUMP);
    auto& route = question.add<rtmsg>();
    route.rtm_family = family;
    route.rtm_table = RT_TABLE_MAIN;
    routing.ask(question.message(), [&](const nlmsghdr& message) {
      for (auto& hop : parseDefaultRoute(message)) all.add(hop);
    });
  }
  return all;
}

kj::String NetworkWatch::macOf(const NextHop& hop) {
  Question question(RTM_GETNEIGH, 0);
  auto& entry = question.add<ndmsg>();
  bool v4 = hop.gateway.isV4();
  entry.ndm_family = v4 ? AF_INET : AF_INET6;
  entry.ndm_ifindex = int(hop.interface);
  mnl_attr_put(&question.message(), NDA_DST, v4 ? 4 : 16, hop.gateway.bytes.data() + (v4 ? 12 : 0));
  kj::String mac;
  routing.ask(question.message(), [&](const nlmsghdr& message) {
    KJ_IF_MAYBE (neighbour, parseNeighbour(message)) mac = kj::mv(neighbour->mac);
  });
  if (mac.size() > 0) return mac;
  // The kernel forgets whom nobody has spoken to for a while, and a router may be silent for a
  // moment: as long as the route by it is there, it is the one it was.
  auto before = macs.find({hop.interface, hop.gateway});
  return before == macs.end() ? kj::String() : kj::str(before->second);
}

kj::Vector<WirelessInterface> NetworkWatch::wireless() {
  kj::Vector<WirelessInterface> all;
  if (wirelessFamily == 0) {
    Question question(GENL_ID_CTRL, 0);
    auto& header = question.add<genlmsghdr>();
    header.cmd = CTRL_CMD_GETFAMILY;
    header.version = 1;
    mnl_attr_put_strz(&question.message(), CTRL_ATTR_FAMILY_NAME, NL80211_GENL_NAME);
    generic.ask(question.message(), [&](const nlmsghdr& message) {
      KJ_IF_MAYBE (family, parseFamily(message)) wirelessFamily = *family;
    });
  }
  if (wirelessFamily == 0) return all;
  Question question(wirelessFamily, NLM_F_DUMP);
  question.add<genlmsghdr>().cmd = NL80211_CMD_GET_INTERFACE;
  bool answered = generic.ask(question.message(), [&](const nlmsghdr& message) {
    KJ_IF_MAYBE (one, parseWireless(message)) all.add(kj::mv(*one));
  });
  if (!answered) wirelessFamily = 0;  // its module may have been taken out
  return all;
}

void NetworkWatch::Attachment::to(proto::Attachment::Builder builder) const {
  auto gatewayList = builder.initGateways(uint(gateways.size()));
  for (uint i = 0; i < gatewayList.size(); i++) {
    gatewayList[i].setInterface(gateways[i].interface);
    gatewayList[i].setAddress(gateways[i].address.toString());
    gatewayList[i].setMac(gateways[i].mac);
  }
  auto wirelessList = builder.initWireless(uint(wireless.size()));
  for (uint i = 0; i < wirelessList.size(); i++) {
    wirelessList[i].setInterface(wireless[i].first);
    wirelessList[i].setSsid(wireless[i].second);
  }
  fill(builder.initInterfaces(uint(interfaces.size())), interfaces);
  fill(builder.initVpns(uint(vpns.size())), vpns);
}

bool NetworkWatch::Attachment::operator==(const Attachment& other) const {
  return std::equal(gateways.begin(), gateways.end(), other.gateways.begin(), other.gateways.end(),
                    sameGateway) &&
         std::equal(wireless.begin(), wireless.end(), other.wireless.begin(),
                    other.wireless.end()) &&
         same(interfaces, other.interfaces) && same(vpns, other.vpns);
}

}  // namespace portreeve::resolver
