// SPDX-License-Identifier: GPL-3.0-or-later
#include "attributor/interfaces.h"

#include <doctest/doctest.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <string.h>

#include <algorithm>
#include <string>
#include <vector>

namespace portreeve::attributor {
namespace {

std::vector<kj::byte> linkMessage(uint16_t type, int index, const char* name, unsigned flags) {
  struct {
    nlmsghdr header;
    ifinfomsg info;
    rtattr attribute;
    char name[16];
  } message{};
  message.header.nlmsg_len = sizeof message;
  message.header.nlmsg_type = type;
  message.info.ifi_index = index;
  message.info.ifi_flags = flags;
  message.attribute.rta_type = IFLA_IFNAME;
  message.attribute.rta_len = RTA_LENGTH(sizeof message.name);
  memcpy(message.name, name, std::min(strlen(name), sizeof message.name));
  auto from = reinterpret_cast<const kj::byte*>(&message);
  return {from, from + sizeof message};
}

struct Link {
  uint32_t index;
  std::string name;
  bool loopback, gone;
};

std::vector<Link> read(const std::vector<kj::byte>& bytes, size_t length) {
  std::vector<Link> links;
  readLinks(kj::heapArray<kj::byte>(bytes.data(), length), [&](const LinkMessage& link) {
    links.push_back({link.index, link.name.cStr(), link.loopback, link.gone});
  });
  return links;
}

TEST_CASE("links that come and go are read") {
  auto bytes = linkMessage(RTM_NEWLINK, 1, "lo", IFF_LOOPBACK | IFF_UP);
  auto gone = linkMessage(RTM_DELLINK, 7, "eth0", 0);
  bytes.insert(bytes.end(), gone.begin(), gone.end());
  auto links = read(bytes, bytes.size());
  REQUIRE(links.size() == 2);
  CHECK(links[0].name == "lo");
  CHECK(links[0].loopback);
  CHECK(links[1].index == 7);
  CHECK(links[1].gone);
}

TEST_CASE("a message that is cut, or whose name has no end, gives no name") {
  auto bytes = linkMessage(RTM_NEWLINK, 1, "eth0", 0);
  for (size_t length = 0; length < bytes.size(); length++) CHECK(read(bytes, length).empty());
  auto endless = linkMessage(RTM_NEWLINK, 1, "sixteencharacter", 0);
  CHECK(read(endless, endless.size()).at(0).name == "");
}

TEST_CASE("nothing is read behind a datagram whose last message lacks its padding") {
  auto bytes = linkMessage(RTM_NEWLINK, 1, "lo", IFF_LOOPBACK);
  auto behind = linkMessage(RTM_NEWLINK, 2, "eth0", 0);
  size_t datagram = bytes.size() + 1;
  reinterpret_cast<nlmsghdr*>(bytes.data())->nlmsg_len = uint32_t(datagram);
  bytes.resize(bytes.size() + NLMSG_ALIGNTO);
  bytes.insert(bytes.end(), behind.begin(), behind.end());
  size_t read = 0;
  readLinks(kj::arrayPtr(bytes.data(), datagram), [&](const LinkMessage&) { read++; });
  CHECK(read == 1);
}

TEST_CASE("the loopback interface of this host is known by its name") {
  Interfaces interfaces;
  CHECK(interfaces.nameOf(if_nametoindex("lo")) == "lo");
  CHECK(interfaces.isLoopback(if_nametoindex("lo")));
  CHECK(interfaces.nameOf(0) == "");
  CHECK(interfaces.nameOf(4000000) == "");
  CHECK_FALSE(interfaces.isLoopback(4000000));
}

}  // namespace
}  // namespace portreeve::attributor
