// SPDX-License-Identifier: GPL-3.0-or-later
// A server as settings name it: by its address or by its host name, always with a port.
#pragma once

#include "common/socket-address.h"

#include <kj/string.h>

#include <cstdint>

namespace portreeve {

struct ServerAddress {
  kj::String name;  // lower case, without a dot at its end; empty: `address` says it
  Address address;
  uint16_t port = 0;  // host byte order

  static kj::Maybe<ServerAddress> parse(kj::StringPtr text);
  // "192.0.2.1:1080", "[2001:db8::1]:1080", "vpn.example.org:17"; both parts must be there.

  bool named() const { return name.size() > 0; }
  kj::String toString() const;  // as `parse` takes it
};

kj::Maybe<kj::String> parseHostName(kj::StringPtr text);
// As ServerAddress has it. Nullptr where it is none (RFC 1123, 2.1): labels of 1 to 63 letters,
// digits and inner '-', 253 in all, the last not of digits alone (that would be a mistaken
// address).

}  // namespace portreeve
