// SPDX-License-Identifier: GPL-3.0-or-later
// A five-tuple as a value: the key of every flow table in the suite, and its form in
// proto/flow.capnp.
#pragma once

#include "common/address.h"
#include "proto/flow.capnp.h"

namespace portreeve {

constexpr uint8_t PROTOCOL_ICMP = 1;
constexpr uint8_t PROTOCOL_IGMP = 2;
constexpr uint8_t PROTOCOL_TCP = 6;
constexpr uint8_t PROTOCOL_UDP = 17;
constexpr uint8_t PROTOCOL_ICMPV6 = 58;
constexpr uint8_t PROTOCOL_UDPLITE = 136;

struct Tuple {
  proto::Family family = proto::Family::IPV4;
  uint8_t protocol = 0;  // IANA number
  Address source;
  Address destination;
  uint16_t sourcePort = 0;       // host byte order; ICMP: echo identifier
  uint16_t destinationPort = 0;  // host byte order; ICMP: type * 256 + code

  static Tuple from(proto::Tuple::Reader reader);
  void to(proto::Tuple::Builder builder) const;
  Tuple reversed() const;
  bool operator==(const Tuple& other) const = default;
  uint64_t hashCode() const;
  kj::String toString() const;  // "tcp 192.0.2.1:5 -> 192.0.2.2:80"
};

kj::String protocolText(uint8_t protocol);  // "tcp", "udp", "icmp", "icmpv6", … else the number
kj::Maybe<uint8_t> parseProtocol(kj::StringPtr text);

}  // namespace portreeve
