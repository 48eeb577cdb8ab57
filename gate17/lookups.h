// SPDX-License-Identifier: GPL-3.0-or-later
// Names to addresses, as this machine's own resolver has them (getaddrinfo(3), in threads of KJ's).
#pragma once

#include "gate17/target.h"

#include <kj/async-io.h>
#include <kj/timer.h>
#include <kj/vector.h>

namespace portreeve::gate17 {

void loadNameService();
// What getaddrinfo(3) loads and reads at its first call: before the sandbox.

class Lookups {
public:
  Lookups(kj::Network& network, kj::Timer& timer) : network(network), timer(timer) {}
  KJ_DISALLOW_COPY(Lookups);

  kj::Promise<kj::Vector<SocketAddress>> find(const Target& target);
  // Of an address, itself. Rejects with FAILED where there is none, within 10 s; with OVERLOADED
  // where too many are asked for at once.

private:
  static constexpr size_t MOST_AT_ONCE = 64;

  kj::Network& network;
  kj::Timer& timer;
  size_t underWay = 0;
};

}  // namespace portreeve::gate17
