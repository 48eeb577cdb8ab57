// SPDX-License-Identifier: GPL-3.0-or-later
#include "policy/late-ends.h"

#include "policy/flow.h"

namespace portreeve::policy {

void LateEnds::expect(const Tuple& tuple, uint64_t flowId, uint64_t nowNs) {
  forgetOld(nowNs);
  byTuple[tuple] = Expected{flowId, nowNs};
  order.emplace_back(tuple, nowNs);
}

kj::Maybe<uint64_t> LateEnds::take(const Tuple& tuple, uint64_t nowNs) {
  forgetOld(nowNs);
  auto found = byTuple.find(tuple);
  if (found == byTuple.end()) found = byTuple.find(answerOf(tuple));
  if (found == byTuple.end()) return nullptr;
  uint64_t id = found->second.flowId;
  byTuple.erase(found);
  return id;
}

void LateEnds::forgetOld(uint64_t nowNs) {
  while (!order.empty() &&
         (order.size() >= CAPACITY || order.front().second + PATIENCE_NS <= nowNs)) {
    auto found = byTuple.find(order.front().first);
    // A younger one of the same tuple stays.
    if (found != byTuple.end() && found->second.sinceNs == order.front().second)
      byTuple.erase(found);
    order.pop_front();
  }
}

}  // namespace portreeve::policy
