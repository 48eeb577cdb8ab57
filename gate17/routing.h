// SPDX-License-Identifier: GPL-3.0-or-later
// Who says where things go: policy for the ways and the names, the interceptor for what a datagram
// was before the kernel turned it.
#pragma once

#include "common/tuple.h"
#include "gate17/target.h"

#include <kj/async.h>
#include <kj/string.h>
#include <kj/vector.h>

namespace portreeve::gate17 {

struct Route {
  kj::Vector<kj::String> ways;  // in the order they are to be tried; none: the first there is
  kj::String name;              // that it was asked for by; empty: none
};

struct Permission {
  bool allowed = false;
  kj::Vector<kj::String> ways;
  kj::String rule;  // that decided
  kj::String name;  // that the program had asked for the target's address by
};

class Routing {
  // All reject where nobody answers within a few seconds: what is asked for is not to be carried
  // then.
public:
  virtual kj::Promise<kj::Maybe<Route>> routeOf(const Tuple& original) = 0;
  // Nullptr: no rule turned such a flow here.

  virtual kj::Promise<Permission> mayReach(const Tuple& client, uint8_t protocol,
                                           const Target& target) = 0;
  // May whoever is behind `client` (source: its end), who speaks to us himself, reach the target?

  virtual kj::Promise<kj::Maybe<Tuple>> originalOf(const Tuple& seen) = 0;
  // Nullptr: it was meant for us.

  virtual void wentBy(const Tuple& original, kj::StringPtr way) = 0;
  // For people; may be lost.

protected:
  ~Routing() noexcept(false) = default;
};

}  // namespace portreeve::gate17
