// SPDX-License-Identifier: GPL-3.0-or-later
#include "policy/earlier-sessions.h"

#include "policy/flow.h"

namespace portreeve::policy {
namespace {

bool endsAt(const Address& address, uint16_t port, const Tuple& socket) {
  return port == socket.sourcePort && (socket.source.isUnspecified() || address == socket.source);
}

}  // namespace

void EarlierSessions::add(const Tuple& tuple, uint64_t nowNs) {
  until = nowNs + KEPT_NS;
  if (tuples.size() < CAPACITY) tuples.insert(tuple);
}

bool EarlierSessions::holds(const Tuple& tuple, uint64_t nowNs) {
  if (tuples.empty()) return false;
  if (nowNs >= until) {
    tuples.clear();
    return false;
  }
  return tuples.count(tuple) > 0 || tuples.count(answerOf(tuple)) > 0;
}

void EarlierSessions::socketClosed(const Tuple& socket) {
  std::erase_if(tuples, [&](const Tuple& tuple) {
    return tuple.protocol == socket.protocol &&
           (endsAt(tuple.source, tuple.sourcePort, socket) ||
            endsAt(tuple.destination, tuple.destinationPort, socket));
  });
}

}  // namespace portreeve::policy
