// SPDX-License-Identifier: GPL-3.0-or-later
#include "interceptor/conntrack-message.h"

#include "interceptor/netlink-attributes.h"

#include <arpa/inet.h>
#include <endian.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <string.h>
#include <sys/socket.h>

namespace portreeve::interceptor {
namespace {

constexpr uint8_t PROTOCOL_DCCP = 33;
constexpr uint8_t PROTOCOL_SCTP = 132;

bool hasPorts(uint8_t protocol) {
  return protocol == PROTOCOL_TCP || protocol == PROTOCOL_UDP || protocol == PROTOCOL_UDPLITE ||
         protocol == PROTOCOL_DCCP || protocol == PROTOCOL_SCTP;
}

template <typename T>
T valueOf(const nlattr* attribute) {
  // As it stands in the message; 0 when it is too short.
  T value{};
  if (mnl_attr_get_payload_len(attribute) >= sizeof value)
    memcpy(&value, mnl_attr_get_payload(attribute), sizeof value);
  return value;
}

void setTypeOrCode(Tuple& tuple, uint8_t type, uint8_t code) {
  tuple.destinationPort = uint16_t(tuple.destinationPort | type << 8 | code);
}

bool decodeAddresses(const nlattr* nest, Tuple& tuple) {
  uint found = 0;
  for (const nlattr* attribute : Attributes(nest)) {
    const void* bytes = mnl_attr_get_payload(attribute);
    size_t length = mnl_attr_get_payload_len(attribute);
    switch (mnl_attr_get_type(attribute)) {
      case CTA_IP_V4_SRC:
        if (length != 4) return false;
        tuple.source = Address::fromV4(bytes);
        break;
      case CTA_IP_V4_DST:
        if (length != 4) return false;
        tuple.destination = Address::fromV4(bytes);
        break;
      case CTA_IP_V6_SRC:
        if (length != 16) return false;
        tuple.source = Address::fromV6(bytes);
        break;
      case CTA_IP_V6_DST:
        if (length != 16) return false;
        tuple.destination = Address::fromV6(bytes);
        break;
      default:
        continue;
    }
    found++;
  }
  return found == 2;
}

void decodeProtocol(const nlattr* nest, Tuple& tuple) {
  for (const nlattr* attribute : Attributes(nest)) {
    switch (mnl_attr_get_type(attribute)) {
      case CTA_PROTO_NUM:
        tuple.protocol = valueOf<uint8_t>(attribute);
        break;
      case CTA_PROTO_SRC_PORT:
      case CTA_PROTO_ICMP_ID:
      case CTA_PROTO_ICMPV6_ID:
        tuple.sourcePort = ntohs(valueOf<uint16_t>(attribute));
        break;
      case CTA_PROTO_DST_PORT:
        tuple.destinationPort = ntohs(valueOf<uint16_t>(attribute));
        break;
      case CTA_PROTO_ICMP_TYPE:
      case CTA_PROTO_ICMPV6_TYPE:
        setTypeOrCode(tuple, valueOf<uint8_t>(attribute), 0);
        break;
      case CTA_PROTO_ICMP_CODE:
      case CTA_PROTO_ICMPV6_CODE:
        setTypeOrCode(tuple, 0, valueOf<uint8_t>(attribute));
        break;
      default:
        break;
    }
  }
}

bool decodeTuple(const nlattr* nest, Tuple& tuple) {
  bool addressed = false;
  for (const nlattr* attribute : Attributes(nest)) {
    if (mnl_attr_get_type(attribute) == CTA_TUPLE_IP)
      addressed = decodeAddresses(attribute, tuple);
    else if (mnl_attr_get_type(attribute) == CTA_TUPLE_PROTO)
      decodeProtocol(attribute, tuple);
  }
  return addressed;
}

uint64_t decodeBytes(const nlattr* nest) {
  for (const nlattr* attribute : Attributes(nest)) {
    if (mnl_attr_get_type(attribute) == CTA_COUNTERS_BYTES)
      return be64toh(valueOf<uint64_t>(attribute));
  }
  return 0;
}

void putProtocol(nlmsghdr* message, const Tuple& tuple) {
  mnl_attr_put_u8(message, CTA_PROTO_NUM, tuple.protocol);
  if (tuple.protocol == PROTOCOL_ICMP || tuple.protocol == PROTOCOL_ICMPV6) {
    bool v4 = tuple.protocol == PROTOCOL_ICMP;
    mnl_attr_put_u16(message, v4 ? CTA_PROTO_ICMP_ID : CTA_PROTO_ICMPV6_ID,
                     htons(tuple.sourcePort));
    mnl_attr_put_u8(message, v4 ? CTA_PROTO_ICMP_TYPE : CTA_PROTO_ICMPV6_TYPE,
                    uint8_t(tuple.destinationPort >> 8));
    mnl_attr_put_u8(message, v4 ? CTA_PROTO_ICMP_CODE : CTA_PROTO_ICMPV6_CODE,
                    uint8_t(tuple.destinationPort));
  } else if (hasPorts(tuple.protocol)) {
    mnl_attr_put_u16(message, CTA_PROTO_SRC_PORT, htons(tuple.sourcePort));
    mnl_attr_put_u16(message, CTA_PROTO_DST_PORT, htons(tuple.destinationPort));
  }
}

void putTuple(nlmsghdr* message, uint16_t attribute, const Tuple& tuple) {
  auto whole = mnl_attr_nest_start(message, attribute);
  auto addresses = mnl_attr_nest_start(message, CTA_TUPLE_IP);
  if (tuple.family == proto::Family::IPV4) {
    mnl_attr_put(message, CTA_IP_V4_SRC, 4, tuple.source.bytes.data() + 12);
    mnl_attr_put(message, CTA_IP_V4_DST, 4, tuple.destination.bytes.data() + 12);
  } else {
    mnl_attr_put(message, CTA_IP_V6_SRC, 16, tuple.source.bytes.data());
    mnl_attr_put(message, CTA_IP_V6_DST, 16, tuple.destination.bytes.data());
  }
  mnl_attr_nest_end(message, addresses);
  auto protocol = mnl_attr_nest_start(message, CTA_TUPLE_PROTO);
  putProtocol(message, tuple);
  mnl_attr_nest_end(message, protocol);
  mnl_attr_nest_end(message, whole);
}

}  // namespace

kj::Maybe<ConntrackEntry> decodeEntry(const nlmsghdr* message) {
  if (message->nlmsg_type >> 8 != NFNL_SUBSYS_CTNETLINK) return nullptr;
  if (mnl_nlmsg_get_payload_len(message) < sizeof(nfgenmsg)) return nullptr;
  auto family = static_cast<const nfgenmsg*>(mnl_nlmsg_get_payload(message))->nfgen_family;
  if (family != AF_INET && family != AF_INET6) return nullptr;

  ConntrackEntry entry;
  entry.tuple.family = family == AF_INET ? proto::Family::IPV4 : proto::Family::IPV6;
  bool named = false;
  for (const nlattr* attribute : Attributes(message, sizeof(nfgenmsg))) {
    switch (mnl_attr_get_type(attribute)) {
      case CTA_TUPLE_ORIG:
        named = decodeTuple(attribute, entry.tuple);
        break;
      case CTA_MARK:
        entry.mark = ntohl(valueOf<uint32_t>(attribute));
        break;
      case CTA_STATUS:
        entry.assured = ntohl(valueOf<uint32_t>(attribute)) & IPS_ASSURED;
        entry.translated = ntohl(valueOf<uint32_t>(attribute)) & IPS_NAT_MASK;
        break;
      case CTA_COUNTERS_ORIG:
        entry.originalBytes = decodeBytes(attribute);
        break;
      case CTA_COUNTERS_REPLY:
        entry.replyBytes = decodeBytes(attribute);
        break;
      default:
        break;
    }
  }
  if (!named) return nullptr;
  return entry;
}

void putOriginalTuple(nlmsghdr* message, const Tuple& tuple) {
  putTuple(message, CTA_TUPLE_ORIG, tuple);
}

void putReplyTuple(nlmsghdr* message, const Tuple& tuple) {
  putTuple(message, CTA_TUPLE_REPLY, tuple);
}

bool hasConnections(uint8_t protocol) {
  return protocol == PROTOCOL_TCP || protocol == PROTOCOL_SCTP || protocol == PROTOCOL_DCCP;
}

uint8_t addressFamily(const Tuple& tuple) {
  return tuple.family == proto::Family::IPV4 ? AF_INET : AF_INET6;
}

}  // namespace portreeve::interceptor
