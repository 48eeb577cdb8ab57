// SPDX-License-Identifier: GPL-3.0-or-later
// Addresses with ports as people write them.
#pragma once

#include "common/address.h"

#include <kj/string.h>

#include <cstdint>

namespace portreeve::cli {

struct Endpoint {
  kj::Maybe<Address> address;  // nullptr: any
  uint16_t port = 0;           // 0: not said

  static kj::Maybe<Endpoint> parse(kj::StringPtr text);
  // "192.0.2.1", "192.0.2.1:80", "2001:db8::1", "[2001:db8::1]:80", ":53", "*:53". Two colons or
  // more without brackets are an IPv6 address without port.

  kj::String toString() const;  // "[::1]:53", "*:53"
};

Endpoint requireEndpoint(kj::StringPtr text, kj::StringPtr option);
// As parse, else Failure WRONG_USE that names the option.

kj::String endpointText(kj::StringPtr address, uint16_t port);
// Of an address as text: with brackets where it has colons, without port where that is 0.

Endpoint requireListenEndpoint(kj::StringPtr text, kj::StringPtr key);
// An address with a port, as the settings name it under `key`; else throws Failure that says so.

}  // namespace portreeve::cli
