// SPDX-License-Identifier: GPL-3.0-or-later
#include "attributor/packet-header.h"

#include <netinet/in.h>

namespace portreeve::attributor {
namespace {

using proto::Malformed;

constexpr uint8_t PROTOCOL_AH = 51, PROTOCOL_DCCP = 33, PROTOCOL_SCTP = 132;
constexpr uint32_t LARGEST_PLAIN_PACKET = 65535;

class Bytes {
  // Reads big-endian numbers at an offset. Reading past the end gives zeros and is remembered.
public:
  explicit Bytes(kj::ArrayPtr<const kj::byte> all) : all(all) {}

  uint8_t u8(size_t at) { return has(at, 1) ? all[at] : 0; }
  uint16_t u16(size_t at) { return has(at, 2) ? uint16_t(all[at] << 8 | all[at + 1]) : 0; }
  const kj::byte* address(size_t at, size_t bytes) { return has(at, bytes) ? &all[at] : nullptr; }
  bool has(size_t at, size_t bytes) {
    bool inside = at <= all.size() && bytes <= all.size() - at;
    complete = complete && inside;
    return inside;
  }
  bool wasComplete() const { return complete; }

private:
  kj::ArrayPtr<const kj::byte> all;
  bool complete = true;
};

bool hasEchoIdentifier(uint8_t protocol, uint8_t type) {
  // Echo and its reply; the IPv4 time stamp has its identifier at the same place (RFC 792).
  if (protocol == PROTOCOL_ICMPV6) return type == 128 || type == 129;
  return type == 8 || type == 0 || type == 13 || type == 14;
}

void readTransport(Bytes& bytes, size_t at, PacketHeader& header) {
  auto& tuple = header.tuple;
  switch (tuple.protocol) {
    case PROTOCOL_TCP:
      header.tcpFlags = bytes.u8(at + 13);
      [[fallthrough]];
    case PROTOCOL_UDP:
    case PROTOCOL_UDPLITE:
    case PROTOCOL_SCTP:
    case PROTOCOL_DCCP:
      tuple.sourcePort = bytes.u16(at);
      tuple.destinationPort = bytes.u16(at + 2);
      break;
    case PROTOCOL_ICMP:
    case PROTOCOL_ICMPV6:
      header.icmpType = bytes.u8(at);
      header.icmpCode = bytes.u8(at + 1);
      tuple.destinationPort = uint16_t(header.icmpType << 8 | header.icmpCode);
      if (hasEchoIdentifier(tuple.protocol, header.icmpType)) tuple.sourcePort = bytes.u16(at + 4);
      break;
    default:
      break;
  }
  if (!bytes.wasComplete()) header.malformed = Malformed::TRUNCATED;
}

bool lengthFits(uint32_t said, uint32_t headerBytes, uint32_t length) {
  // Zero: a packet too long for the field (the kernel's own, before it is cut into segments).
  if (said == 0) return length > LARGEST_PLAIN_PACKET;
  return said >= headerBytes && said <= length;
}

void readV4(Bytes& bytes, uint32_t length, PacketHeader& header) {
  size_t headerBytes = size_t(bytes.u8(0) & 0xf) * 4;
  header.tuple.protocol = bytes.u8(9);
  if (auto source = bytes.address(12, 4)) header.tuple.source = Address::fromV4(source);
  if (auto destination = bytes.address(16, 4))
    header.tuple.destination = Address::fromV4(destination);
  uint16_t fragmentField = bytes.u16(6);
  header.fragment = (fragmentField & 0x1fff) != 0;
  if (!bytes.wasComplete())
    header.malformed = Malformed::TRUNCATED;
  else if (headerBytes < 20 || !lengthFits(bytes.u16(2), uint32_t(headerBytes), length))
    header.malformed = Malformed::BAD_LENGTH;
  else if (!header.fragment)
    readTransport(bytes, headerBytes, header);
}

bool isExtension(uint8_t next) {
  switch (next) {
    case IPPROTO_HOPOPTS:
    case IPPROTO_ROUTING:
    case IPPROTO_FRAGMENT:
    case IPPROTO_DSTOPTS:
    case PROTOCOL_AH:
    case IPPROTO_MH:
    case 139:  // HIP, RFC 7401
    case 140:  // Shim6, RFC 5533
      return true;
    default:
      return false;
  }
}

size_t extensionBytes(Bytes& bytes, size_t at, uint8_t type) {
  if (type == IPPROTO_FRAGMENT) return 8;
  size_t length = bytes.u8(at + 1);
  return type == PROTOCOL_AH ? (length + 2) * 4 : (length + 1) * 8;
}

void readV6(Bytes& bytes, uint32_t length, PacketHeader& header) {
  uint8_t next = bytes.u8(6);
  header.tuple.protocol = next;
  if (auto source = bytes.address(8, 16)) header.tuple.source = Address::fromV6(source);
  if (auto destination = bytes.address(24, 16))
    header.tuple.destination = Address::fromV6(destination);
  uint16_t payload = bytes.u16(4);
  if (!bytes.wasComplete()) {
    header.malformed = Malformed::TRUNCATED;
    return;
  }
  if (40u + payload > length) {
    header.malformed = Malformed::BAD_LENGTH;
    return;
  }
  size_t at = 40;
  for (uint headers = 0; isExtension(next); headers++) {
    if (headers == MAX_EXTENSION_HEADERS) {
      header.malformed = Malformed::TOO_MANY_HEADERS;
      return;
    }
    uint8_t type = next;
    next = bytes.u8(at);
    // A fragment's offset is above three flag bits (RFC 8200, 4.5).
    if (type == IPPROTO_FRAGMENT && (bytes.u16(at + 2) & 0xfff8) != 0) header.fragment = true;
    at += extensionBytes(bytes, at, type);
    if (!bytes.wasComplete()) {
      header.malformed = Malformed::TRUNCATED;
      return;
    }
    header.tuple.protocol = next;
    if (header.fragment) return;
  }
  readTransport(bytes, at, header);
}

}  // namespace

PacketHeader readPacket(kj::ArrayPtr<const kj::byte> start, uint32_t length, proto::Family family) {
  PacketHeader header;
  header.tuple.family = family;
  bool v4 = family == proto::Family::IPV4;
  if (v4) {
    // So that both addresses are of the queue's family, whatever is missing.
    uint8_t zeros[4]{};
    header.tuple.source = header.tuple.destination = Address::fromV4(zeros);
  }
  Bytes bytes(start);
  if (start.size() == 0)
    header.malformed = Malformed::TRUNCATED;
  else if (bytes.u8(0) >> 4 != (v4 ? 4 : 6))
    header.malformed = Malformed::BAD_VERSION;
  else if (v4)
    readV4(bytes, length, header);
  else
    readV6(bytes, length, header);
  return header;
}

}  // namespace portreeve::attributor
