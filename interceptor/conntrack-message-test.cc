// SPDX-License-Identifier: GPL-3.0-or-later
#include "interceptor/conntrack-message.h"

#include "interceptor/netlink.h"

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <endian.h>
#include <kj/debug.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <sys/socket.h>

namespace portreeve::interceptor {
namespace {

struct Message {
  alignas(8) char buffer[1024]{};
  nlmsghdr* header;

  explicit Message(uint8_t family) : header(mnl_nlmsg_put_header(buffer)) {
    header->nlmsg_type = netfilterType(NFNL_SUBSYS_CTNETLINK, IPCTNL_MSG_CT_NEW);
    putNetfilterHeader(header, family, 0);
  }
  void putCounter(uint16_t type, uint64_t bytes) {
    auto nest = mnl_attr_nest_start(header, type);
    mnl_attr_put_u64(header, CTA_COUNTERS_BYTES, htobe64(bytes));
    mnl_attr_nest_end(header, nest);
  }
};

Tuple tuple(kj::StringPtr source, kj::StringPtr destination, uint8_t protocol, uint16_t sourcePort,
            uint16_t destinationPort) {
  Tuple result;
  result.source = KJ_ASSERT_NONNULL(Address::parse(source));
  result.destination = KJ_ASSERT_NONNULL(Address::parse(destination));
  result.family = result.source.isV4() ? proto::Family::IPV4 : proto::Family::IPV6;
  result.protocol = protocol;
  result.sourcePort = sourcePort;
  result.destinationPort = destinationPort;
  return result;
}

TEST_CASE("a tuple is read back as it was written, ports or ICMP identifier and all") {
  for (auto& original : {tuple("192.0.2.1", "198.51.100.2", PROTOCOL_TCP, 41001, 443),
                         tuple("2001:db8::1", "2001:db8::2", PROTOCOL_UDP, 53, 65535),
                         tuple("192.0.2.1", "192.0.2.9", PROTOCOL_ICMP, 36799, 8 * 256),
                         tuple("fe80::1", "fe80::2", PROTOCOL_ICMPV6, 7, 128 * 256 + 3),
                         tuple("192.0.2.1", "224.0.0.1", PROTOCOL_IGMP, 0, 0)}) {
    Message message(addressFamily(original));
    putOriginalTuple(message.header, original);
    auto entry = KJ_ASSERT_NONNULL(decodeEntry(message.header));
    CHECK(entry.tuple == original);
    CHECK(entry.mark == 0);
    CHECK_FALSE(entry.assured);
  }
}

TEST_CASE("mark, status and counters are read in network byte order") {
  Message message(AF_INET);
  putOriginalTuple(message.header, tuple("192.0.2.1", "192.0.2.2", PROTOCOL_TCP, 1, 2));
  mnl_attr_put_u32(message.header, CTA_MARK, htonl(1710));
  mnl_attr_put_u32(message.header, CTA_STATUS, htonl(IPS_CONFIRMED | IPS_ASSURED));
  message.putCounter(CTA_COUNTERS_ORIG, 5'000'000'000);
  message.putCounter(CTA_COUNTERS_REPLY, 77);
  auto entry = KJ_ASSERT_NONNULL(decodeEntry(message.header));
  CHECK(entry.mark == 1710);
  CHECK(entry.assured);
  CHECK(entry.originalBytes == 5'000'000'000);
  CHECK(entry.replyBytes == 77);
}

TEST_CASE("what has no tuple, or comes from another subsystem or family, is no entry") {
  Message bare(AF_INET);
  CHECK(decodeEntry(bare.header) == nullptr);
  Message other(AF_INET);
  putOriginalTuple(other.header, tuple("192.0.2.1", "192.0.2.2", PROTOCOL_TCP, 1, 2));
  other.header->nlmsg_type = netfilterType(NFNL_SUBSYS_QUEUE, 0);
  CHECK(decodeEntry(other.header) == nullptr);
  Message bridge(AF_BRIDGE);
  putOriginalTuple(bridge.header, tuple("192.0.2.1", "192.0.2.2", PROTOCOL_TCP, 1, 2));
  CHECK(decodeEntry(bridge.header) == nullptr);
}

}  // namespace
}  // namespace portreeve::interceptor
