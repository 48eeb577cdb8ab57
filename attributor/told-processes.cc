// SPDX-License-Identifier: GPL-3.0-or-later
#include "attributor/told-processes.h"

namespace portreeve::attributor {

Detail ToldProcesses::detailFor(const SharedFacts& facts, uint64_t nowNs) {
  if (facts == nullptr) return Detail::FULL;
  uint64_t fingerprint = facts->fingerprint();
  auto known = told.find(facts->instance);
  if (known != told.end()) {
    if (known->second.fingerprint == fingerprint && nowNs - known->second.atNs < TELL_AGAIN_NS)
      return Detail::BRIEF;
    known->second = {fingerprint, nowNs};
    return Detail::FULL;
  }
  if (told.size() >= CAPACITY) {
    told.erase(order.front());
    order.pop_front();
  }
  told.emplace(facts->instance, Told{fingerprint, nowNs});
  order.push_back(facts->instance);
  return Detail::FULL;
}

void ToldProcesses::forget() {
  told.clear();
  order.clear();
}

}  // namespace portreeve::attributor
