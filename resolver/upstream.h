// SPDX-License-Identifier: GPL-3.0-or-later
// Name servers that questions are forwarded to, as `resolver.upstreams` writes them.
#pragma once

#include "common/address.h"

#include <kj/string.h>
#include <kj/vector.h>

namespace portreeve::resolver {

struct Upstream {
  Address address;
  uint16_t port = 53;

  static Upstream parse(kj::StringPtr text);
  // "192.0.2.1", "192.0.2.1:5353", "2001:db8::1", "[2001:db8::1]:53", each also behind "udp://".
  // Throws FAILED with a sentence for the administrator.

  bool operator==(const Upstream& other) const = default;
  kj::String toString() const;  // "192.0.2.1@53", libunbound's way of writing it
};

kj::Vector<Upstream> parseUpstreams(kj::ArrayPtr<const kj::String> texts);

}  // namespace portreeve::resolver
