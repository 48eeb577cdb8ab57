// SPDX-License-Identifier: GPL-3.0-or-later
// The newest of some numbers, each once: whether something was told of a flow already.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <unordered_set>

namespace portreeve::policy {

class RecentIds {
public:
  explicit RecentIds(size_t most) : most(most) {}

  bool add(uint64_t id) {
    // False: it is among the newest already.
    if (!known.insert(id).second) return false;
    order.push_back(id);
    if (order.size() > most) {
      known.erase(order.front());
      order.pop_front();
    }
    return true;
  }

private:
  size_t most;
  std::unordered_set<uint64_t> known;
  std::deque<uint64_t> order;
};

}  // namespace portreeve::policy
