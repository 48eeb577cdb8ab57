// SPDX-License-Identifier: GPL-3.0-or-later
#include "attributor/kernel-origin.h"

namespace portreeve::attributor {
namespace {

constexpr uint8_t TCP_RST = 4;

enum class IcmpKind { ECHO_REQUEST, ECHO_REPLY, ERROR, NEIGHBOURS, MEMBERSHIP, OTHER };

IcmpKind kindV4(uint8_t type) {
  switch (type) {  // RFC 792
    case 8:
      return IcmpKind::ECHO_REQUEST;
    case 0:
      return IcmpKind::ECHO_REPLY;
    case 3:
    case 4:
    case 5:
    case 11:
    case 12:
      return IcmpKind::ERROR;
    case 9:
    case 10:
      return IcmpKind::NEIGHBOURS;  // RFC 1256, routers
    default:
      return IcmpKind::OTHER;
  }
}

IcmpKind kindV6(uint8_t type) {
  // RFC 4443: the highest bit tells errors from the rest.
  if (type < 128) return IcmpKind::ERROR;
  switch (type) {
    case 128:
      return IcmpKind::ECHO_REQUEST;
    case 129:
      return IcmpKind::ECHO_REPLY;
    case 130:
    case 131:
    case 132:
    case 143:
      return IcmpKind::MEMBERSHIP;  // RFC 2710, RFC 3810
    case 133:
    case 134:
    case 135:
    case 136:
    case 137:
      return IcmpKind::NEIGHBOURS;  // RFC 4861
    default:
      return IcmpKind::OTHER;
  }
}

bool isIcmp(uint8_t protocol) {
  return protocol == PROTOCOL_ICMP || protocol == PROTOCOL_ICMPV6;
}

IcmpKind kindOf(const PacketHeader& header) {
  return header.tuple.protocol == PROTOCOL_ICMP ? kindV4(header.icmpType) : kindV6(header.icmpType);
}

kj::StringPtr icmpName(IcmpKind kind) {
  switch (kind) {
    case IcmpKind::ECHO_REPLY:
      return "icmp answer"_kj;
    case IcmpKind::ERROR:
      return "icmp error"_kj;
    case IcmpKind::NEIGHBOURS:
      return "neighbour discovery"_kj;
    case IcmpKind::MEMBERSHIP:
      return "multicast membership"_kj;
    case IcmpKind::ECHO_REQUEST:
    case IcmpKind::OTHER:
      return "icmp"_kj;
  }
  return "icmp"_kj;
}

}  // namespace

kj::StringPtr kernelName(const PacketHeader& header) {
  auto protocol = header.tuple.protocol;
  if (isIcmp(protocol)) return icmpName(kindOf(header));
  if (protocol == PROTOCOL_TCP)
    return header.tcpFlags & TCP_RST ? "tcp reset"_kj : "tcp of a closed socket"_kj;
  if (protocol == PROTOCOL_IGMP) return "multicast membership"_kj;
  // WireGuard, VXLAN, Geneve and the like wrap packets into UDP.
  if (mayBeTunnel(protocol) || protocol == PROTOCOL_UDP || protocol == PROTOCOL_UDPLITE)
    return "tunnel"_kj;
  return "kernel"_kj;
}

bool takenByKernel(const PacketHeader& header) {
  if (header.tuple.protocol == PROTOCOL_IGMP) return true;
  if (!isIcmp(header.tuple.protocol)) return false;
  return kindOf(header) != IcmpKind::ECHO_REPLY;
}

bool mayBeTunnel(uint8_t protocol) {
  switch (protocol) {
    case 4:    // IP in IP
    case 41:   // IPv6 in IP
    case 47:   // GRE
    case 50:   // ESP
    case 51:   // AH
    case 108:  // IPComp
    case 115:  // L2TP
    case 137:  // MPLS in IP
      return true;
    default:
      return false;
  }
}

bool hasPorts(uint8_t protocol) {
  switch (protocol) {
    case PROTOCOL_TCP:
    case PROTOCOL_UDP:
    case PROTOCOL_UDPLITE:
    case 33:   // DCCP
    case 132:  // SCTP
      return true;
    default:
      return false;
  }
}

}  // namespace portreeve::attributor
