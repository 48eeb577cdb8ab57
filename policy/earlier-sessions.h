// SPDX-License-Identifier: GPL-3.0-or-later
// UDP conversations that conntrack knew before the rules were there and that no connected socket
// shows: one unconnected socket (a VPN's, a QUIC server's) talks to many. Who holds them is told by
// their next packet; that they are from before, by this.
#pragma once

#include "policy/tuple-hash.h"

#include <cstddef>
#include <cstdint>
#include <unordered_set>

namespace portreeve::policy {

class EarlierSessions {
public:
  static constexpr size_t CAPACITY = 65536;
  static constexpr uint64_t KEPT_NS = 120ull * 1000000000;
  // After this time conntrack has forgotten them as well (nf_conntrack_udp_timeout_stream).

  void add(const Tuple& tuple, uint64_t nowNs);  // CLOCK_MONOTONIC; past CAPACITY: not kept
  bool holds(const Tuple& tuple, uint64_t nowNs);
  // In either direction.

  void socketClosed(const Tuple& socket);
  // `socket` as in ClosedSocket (proto/interceptor.capnp): what used its port is over.

  size_t size() const { return tuples.size(); }

private:
  std::unordered_set<Tuple, TupleHash> tuples;
  uint64_t until = 0;
};

}  // namespace portreeve::policy
