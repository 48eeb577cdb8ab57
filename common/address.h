// SPDX-License-Identifier: GPL-3.0-or-later
// IP addresses as one 128-bit value, IPv4 as ::ffff:a.b.c.d (RFC 4291, 2.5.5.2), so that nothing
// else in the suite needs two versions of itself.
#pragma once

#include <kj/common.h>
#include <kj/hash.h>
#include <kj/string.h>
#include <netinet/in.h>

#include <array>
#include <cstdint>

namespace portreeve {

enum class Scope : uint8_t { LOCALHOST, LAN, INTERNET, MULTICAST };
// LAN: RFC 1918, 4193, 3927, 6598, link-local and the unspecified address. Broadcast counts as
// MULTICAST.

struct Address {
  std::array<uint8_t, 16> bytes{};  // network byte order

  static Address fromV4(const void* fourBytes);
  static Address fromV6(const void* sixteenBytes);
  static Address fromHalves(uint64_t upper, uint64_t lower);
  static kj::Maybe<Address> fromSockaddr(const sockaddr* address);
  // Nullptr for families other than AF_INET and AF_INET6.
  static kj::Maybe<Address> parse(kj::StringPtr text);
  // "192.0.2.1" or "2001:db8::1" (no zone, no port); ::ffff:192.0.2.1 is the same as 192.0.2.1.

  bool isV4() const;
  uint64_t upper() const;
  uint64_t lower() const;
  Scope scope() const;
  bool isUnspecified() const;
  kj::String toString() const;
  socklen_t toSockaddr(uint16_t port, sockaddr_storage& out) const;
  // As the family it belongs to; returns the length.

  bool operator==(const Address& other) const { return bytes == other.bytes; }
  bool operator<(const Address& other) const { return bytes < other.bytes; }
  uint64_t hashCode() const;
};

struct Network {
  // An address range written as CIDR; prefix counts from the front of the 128 bits.
  Address base;
  uint8_t prefix = 128;

  static kj::Maybe<Network> parse(kj::StringPtr text);
  // "192.0.2.0/24", "2001:db8::/32", or a single address. Bits behind the prefix must be 0.
  bool contains(const Address& address) const;
  kj::String toString() const;
};

kj::StringPtr toText(Scope scope);  // "localhost", "lan", "internet", "multicast"
kj::Maybe<Scope> parseScope(kj::StringPtr text);

}  // namespace portreeve
