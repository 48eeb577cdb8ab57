// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/address.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

namespace portreeve {
namespace {

constexpr uint8_t V4_PREFIX[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

uint64_t half(const uint8_t* bytes) {
  uint64_t value = 0;
  for (int i = 0; i < 8; i++) value = value << 8 | bytes[i];
  return value;
}

void putHalf(uint64_t value, uint8_t* bytes) {
  for (int i = 7; i >= 0; i--, value >>= 8) bytes[i] = uint8_t(value);
}

bool within(const Address& address, const uint8_t* base, unsigned prefix) {
  unsigned whole = prefix / 8, rest = prefix % 8;
  if (memcmp(address.bytes.data(), base, whole) != 0) return false;
  if (rest == 0) return true;
  uint8_t mask = uint8_t(0xff << (8 - rest));
  return (address.bytes[whole] & mask) == (base[whole] & mask);
}

bool withinV4(const Address& address, std::array<uint8_t, 4> base, unsigned prefix) {
  uint8_t full[16];
  memcpy(full, V4_PREFIX, 12);
  memcpy(full + 12, base.data(), 4);
  return within(address, full, 96 + prefix);
}

bool withinV6(const Address& address, std::array<uint8_t, 2> start, unsigned prefix) {
  uint8_t full[16] = {start[0], start[1]};
  return within(address, full, prefix);
}

Scope scopeV4(const Address& address) {
  if (withinV4(address, {127, 0, 0, 0}, 8)) return Scope::LOCALHOST;
  if (withinV4(address, {224, 0, 0, 0}, 4) || withinV4(address, {255, 255, 255, 255}, 32))
    return Scope::MULTICAST;
  bool lan = withinV4(address, {10, 0, 0, 0}, 8) || withinV4(address, {172, 16, 0, 0}, 12) ||
             withinV4(address, {192, 168, 0, 0}, 16) || withinV4(address, {169, 254, 0, 0}, 16) ||
             withinV4(address, {100, 64, 0, 0}, 10) || withinV4(address, {0, 0, 0, 0}, 8);
  return lan ? Scope::LAN : Scope::INTERNET;
}

}  // namespace

Address Address::fromV4(const void* fourBytes) {
  Address result;
  memcpy(result.bytes.data(), V4_PREFIX, 12);
  memcpy(result.bytes.data() + 12, fourBytes, 4);
  return result;
}

Address Address::fromV6(const void* sixteenBytes) {
  Address result;
  memcpy(result.bytes.data(), sixteenBytes, 16);
  return result;
}

Address Address::fromHalves(uint64_t upper, uint64_t lower) {
  Address result;
  putHalf(upper, result.bytes.data());
  putHalf(lower, result.bytes.data() + 8);
  return result;
}

kj::Maybe<Address> Address::fromSockaddr(const sockaddr* address) {
  if (address->sa_family == AF_INET)
    return fromV4(&reinterpret_cast<const sockaddr_in*>(address)->sin_addr);
  if (address->sa_family == AF_INET6)
    return fromV6(&reinterpret_cast<const sockaddr_in6*>(address)->sin6_addr);
  return nullptr;
}

kj::Maybe<Address> Address::parse(kj::StringPtr text) {
  uint8_t raw[16];
  if (inet_pton(AF_INET, text.cStr(), raw) == 1) return fromV4(raw);
  if (inet_pton(AF_INET6, text.cStr(), raw) == 1) return fromV6(raw);
  return nullptr;
}

bool Address::isV4() const {
  return memcmp(bytes.data(), V4_PREFIX, 12) == 0;
}
uint64_t Address::upper() const {
  return half(bytes.data());
}
uint64_t Address::lower() const {
  return half(bytes.data() + 8);
}

Scope Address::scope() const {
  if (isV4()) return scopeV4(*this);
  if (upper() == 0 && lower() == 1) return Scope::LOCALHOST;
  if (bytes[0] == 0xff) return Scope::MULTICAST;
  bool lan = withinV6(*this, {0xfe, 0x80}, 10) || withinV6(*this, {0xfc, 0}, 7) || isUnspecified();
  return lan ? Scope::LAN : Scope::INTERNET;
}

bool Address::isUnspecified() const {
  return upper() == 0 && (lower() == 0 || lower() == 0xffff00000000ull);
}

kj::String Address::toString() const {
  char text[INET6_ADDRSTRLEN];
  if (isV4())
    inet_ntop(AF_INET, bytes.data() + 12, text, sizeof text);
  else
    inet_ntop(AF_INET6, bytes.data(), text, sizeof text);
  return kj::str(static_cast<const char*>(text));
}

socklen_t Address::toSockaddr(uint16_t port, sockaddr_storage& out) const {
  memset(&out, 0, sizeof out);
  if (isV4()) {
    auto& v4 = reinterpret_cast<sockaddr_in&>(out);
    v4.sin_family = AF_INET;
    v4.sin_port = htons(port);
    memcpy(&v4.sin_addr, bytes.data() + 12, 4);
    return sizeof v4;
  }
  auto& v6 = reinterpret_cast<sockaddr_in6&>(out);
  v6.sin6_family = AF_INET6;
  v6.sin6_port = htons(port);
  memcpy(&v6.sin6_addr, bytes.data(), 16);
  return sizeof v6;
}

uint64_t Address::hashCode() const {
  // Both multipliers are odd 64-bit constants (golden ratio, SplitMix64): spreads neighbouring
  // addresses.
  uint64_t mixed = upper() * 0x9e3779b97f4a7c15ull ^ lower();
  mixed *= 0xbf58476d1ce4e5b9ull;
  return mixed ^ mixed >> 29;
}

kj::Maybe<Network> Network::parse(kj::StringPtr text) {
  KJ_IF_MAYBE (slash, text.findFirst('/')) {
    kj::String front = kj::str(text.slice(0, *slash));
    kj::StringPtr digits = text.slice(*slash + 1);
    if (digits.size() == 0 || digits.size() > 3) return nullptr;
    unsigned prefix = 0;
    for (char c : digits) {
      if (c < '0' || c > '9') return nullptr;
      prefix = prefix * 10 + unsigned(c - '0');
    }
    KJ_IF_MAYBE (base, Address::parse(front)) {
      bool v4 = front.findFirst(':') == nullptr;
      if (prefix > (v4 ? 32u : 128u)) return nullptr;
      Network network{*base, uint8_t(v4 ? prefix + 96 : prefix)};
      for (unsigned bit = network.prefix; bit < 128; bit++)
        if (network.base.bytes[bit / 8] & 0x80 >> bit % 8) return nullptr;
      return network;
    }
    return nullptr;
  }
  KJ_IF_MAYBE (base, Address::parse(text)) {
    return Network{*base, 128};
  }
  return nullptr;
}

bool Network::contains(const Address& address) const {
  return within(address, base.bytes.data(), prefix);
}

kj::String Network::toString() const {
  if (prefix == 128) return base.toString();
  return kj::str(base.toString(), '/',
                 base.isV4() && prefix >= 96 ? prefix - 96u : unsigned(prefix));
}

kj::StringPtr toText(Scope scope) {
  switch (scope) {
    case Scope::LOCALHOST:
      return "localhost";
    case Scope::LAN:
      return "lan";
    case Scope::INTERNET:
      return "internet";
    case Scope::MULTICAST:
      return "multicast";
  }
  return "unknown";
}

kj::Maybe<Scope> parseScope(kj::StringPtr text) {
  for (Scope scope : {Scope::LOCALHOST, Scope::LAN, Scope::INTERNET, Scope::MULTICAST})
    if (text == toText(scope)) return scope;
  return nullptr;
}

}  // namespace portreeve
