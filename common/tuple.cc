// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/tuple.h"

namespace portreeve {
namespace {

struct NamedProtocol {
  uint8_t number;
  kj::StringPtr name;
};
constexpr NamedProtocol PROTOCOLS[] = {
    {PROTOCOL_ICMP, "icmp"_kj},
    {PROTOCOL_IGMP, "igmp"_kj},
    {PROTOCOL_TCP, "tcp"_kj},
    {PROTOCOL_UDP, "udp"_kj},
    {33, "dccp"_kj},
    {47, "gre"_kj},
    {50, "esp"_kj},
    {51, "ah"_kj},
    {PROTOCOL_ICMPV6, "icmpv6"_kj},
    {132, "sctp"_kj},
    {PROTOCOL_UDPLITE, "udplite"_kj},
};

}  // namespace

Tuple Tuple::from(proto::Tuple::Reader reader) {
  Tuple tuple;
  tuple.family = reader.getFamily();
  tuple.protocol = reader.getProtocol();
  tuple.source = Address::fromHalves(reader.getSourceUpper(), reader.getSourceLower());
  tuple.destination =
      Address::fromHalves(reader.getDestinationUpper(), reader.getDestinationLower());
  tuple.sourcePort = reader.getSourcePort();
  tuple.destinationPort = reader.getDestinationPort();
  return tuple;
}

void Tuple::to(proto::Tuple::Builder builder) const {
  builder.setFamily(family);
  builder.setProtocol(protocol);
  builder.setSourceUpper(source.upper());
  builder.setSourceLower(source.lower());
  builder.setDestinationUpper(destination.upper());
  builder.setDestinationLower(destination.lower());
  builder.setSourcePort(sourcePort);
  builder.setDestinationPort(destinationPort);
}

Tuple Tuple::reversed() const {
  Tuple other = *this;
  other.source = destination;
  other.destination = source;
  other.sourcePort = destinationPort;
  other.destinationPort = sourcePort;
  return other;
}

uint64_t Tuple::hashCode() const {
  uint64_t mixed = source.hashCode() * 3 + destination.hashCode();
  mixed ^= (uint64_t(protocol) << 32 | uint64_t(sourcePort) << 16 | destinationPort) *
           0x9e3779b97f4a7c15ull;
  mixed ^= mixed >> 31;
  return mixed * 0x94d049bb133111ebull;
}

kj::String Tuple::toString() const {
  auto endpoint = [](const Address& address, uint16_t port) {
    return address.isV4() ? kj::str(address.toString(), ':', port)
                          : kj::str('[', address.toString(), "]:", port);
  };
  return kj::str(protocolText(protocol), ' ', endpoint(source, sourcePort), " -> ",
                 endpoint(destination, destinationPort));
}

kj::String protocolText(uint8_t protocol) {
  for (auto& named : PROTOCOLS)
    if (named.number == protocol) return kj::str(named.name);
  return kj::str(protocol);
}

kj::Maybe<uint8_t> parseProtocol(kj::StringPtr text) {
  for (auto& named : PROTOCOLS)
    if (named.name == text) return named.number;
  if (text.size() == 0 || text.size() > 3) return nullptr;
  unsigned number = 0;
  for (char c : text) {
    if (c < '0' || c > '9') return nullptr;
    number = number * 10 + unsigned(c - '0');
  }
  if (number > 255) return nullptr;
  return uint8_t(number);
}

}  // namespace portreeve
