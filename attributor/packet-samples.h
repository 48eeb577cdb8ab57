// SPDX-License-Identifier: GPL-3.0-or-later
// Builds packets for tests, octet by octet, so that malformed ones can be said too.
#pragma once

#include "attributor/packet-header.h"

#include <initializer_list>
#include <string>
#include <vector>

namespace portreeve::attributor {

using Octets = std::vector<uint8_t>;

inline Octets joined(std::initializer_list<Octets> parts) {
  Octets all;
  for (auto& part : parts) all.insert(all.end(), part.begin(), part.end());
  return all;
}

inline Octets ports(uint16_t source, uint16_t destination, size_t bytes) {
  Octets header(bytes, 0);
  header[0] = uint8_t(source >> 8);
  header[1] = uint8_t(source);
  header[2] = uint8_t(destination >> 8);
  header[3] = uint8_t(destination);
  return header;
}

inline Octets tcp(uint16_t source, uint16_t destination, uint8_t flags) {
  Octets header = ports(source, destination, 20);
  header[12] = 0x50;
  header[13] = flags;
  return header;
}

inline Octets icmp(uint8_t type, uint8_t code, uint16_t identifier) {
  return {type, code, 0, 0, uint8_t(identifier >> 8), uint8_t(identifier), 0, 1};
}

inline Octets ipv4(uint8_t protocol, const Octets& payload, uint8_t optionWords = 0,
                   uint16_t fragment = 0) {
  // 192.0.2.1 -> 198.51.100.2
  size_t header = 20 + optionWords * 4u, length = header + payload.size();
  Octets packet(header, 0);
  packet[0] = uint8_t(0x40 | (5 + optionWords));
  packet[2] = uint8_t(length >> 8);
  packet[3] = uint8_t(length);
  packet[6] = uint8_t(fragment >> 8);
  packet[7] = uint8_t(fragment);
  packet[8] = 64;
  packet[9] = protocol;
  const uint8_t ends[] = {192, 0, 2, 1, 198, 51, 100, 2};
  std::copy(std::begin(ends), std::end(ends), packet.begin() + 12);
  return joined({packet, payload});
}

inline Octets ipv6(uint8_t next, const Octets& payload) {
  // 2001:db8::1 -> 2001:db8::2
  Octets packet(40, 0);
  packet[0] = 0x60;
  packet[4] = uint8_t(payload.size() >> 8);
  packet[5] = uint8_t(payload.size());
  packet[6] = next;
  packet[7] = 64;
  for (size_t at : {size_t(8), size_t(24)}) {
    packet[at] = 0x20;
    packet[at + 1] = 0x01;
    packet[at + 2] = 0x0d;
    packet[at + 3] = 0xb8;
  }
  packet[23] = 1;
  packet[39] = 2;
  return joined({packet, payload});
}

inline Octets extension(uint8_t next, size_t eights = 1) {
  Octets header(eights * 8, 0);
  header[0] = next;
  header[1] = uint8_t(eights - 1);
  return header;
}

inline Octets fragmentHeader(uint8_t next, uint16_t offsetEights, bool more) {
  auto field = uint16_t(offsetEights << 3 | (more ? 1 : 0));
  return {next, 0, uint8_t(field >> 8), uint8_t(field), 0, 0, 0, 7};
}

inline PacketHeader readSample(const Octets& packet, proto::Family family) {
  size_t start = std::min<size_t>(packet.size(), 256);
  return readPacket(kj::arrayPtr(packet.data(), start), uint32_t(packet.size()), family);
}

}  // namespace portreeve::attributor
