// SPDX-License-Identifier: GPL-3.0-or-later
#include "policy/transient-flows.h"

#include "common/clock.h"

#include <algorithm>

namespace portreeve::policy {

void TransientFlows::add(const Flow& flow) {
  while (ids.size() >= capacity) endFront();
  ids.push_back(flow.id);
}

void TransientFlows::endFront() {
  Flow* flow = flows.find(ids.front());
  ids.pop_front();
  if (flow != nullptr && flow->open() && !flow->tracked) flows.end(*flow, wallNs());
}

void TransientFlows::sweep(uint64_t nowNs) {
  auto gone = [&](uint64_t id) {
    Flow* flow = flows.find(id);
    if (flow == nullptr || !flow->open() || flow->tracked) return true;
    if (flow->lastSeenNs + IDLE_NS > nowNs) return false;
    flows.end(*flow, wallNs());
    return true;
  };
  ids.erase(std::remove_if(ids.begin(), ids.end(), gone), ids.end());
}

}  // namespace portreeve::policy
