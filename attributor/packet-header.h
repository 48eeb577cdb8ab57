// SPDX-License-Identifier: GPL-3.0-or-later
// The headers of one packet, read from its first bytes: IPv4 (RFC 791), IPv6 and its extension
// headers (RFC 8200), and of what is inside the ports (or ICMP's type, code and identifier). A pure
// function over bytes that anybody on the network may have written.
#pragma once

#include "common/tuple.h"
#include "proto/ring.capnp.h"

#include <kj/common.h>

#include <cstdint>

namespace portreeve::attributor {

constexpr uint MAX_EXTENSION_HEADERS = 8;
// More than any honest packet has (RFC 8504, 5.3 lets a host choose a limit).

struct PacketHeader {
  Tuple tuple;  // `family` is the queue's also where the packet is malformed
  proto::Malformed malformed = proto::Malformed::NO;
  uint8_t tcpFlags = 0;  // RFC 9293, 3.1: FIN 1, SYN 2, RST 4, PSH 8, ACK 16, …
  uint8_t icmpType = 0;
  uint8_t icmpCode = 0;
  bool fragment = false;  // not the first one: there are no ports in it
};

PacketHeader readPacket(kj::ArrayPtr<const kj::byte> start, uint32_t length, proto::Family family);
// `start`: the packet's first bytes from the IP header on; `length`: of the whole packet, bytes.
// Never reads past `start`. What is malformed is said, and what was read until then is kept.

}  // namespace portreeve::attributor
