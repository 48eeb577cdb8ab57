// SPDX-License-Identifier: GPL-3.0-or-later
// Flows of which conntrack keeps no verdict: refused and dropped ones (their entry is gone with the
// packet), and those that are asked about packet by packet. Nobody tells their end: they have ended
// when nothing was seen of them for two minutes, or when there are too many.
#pragma once

#include "policy/flow-table.h"

#include <cstddef>
#include <cstdint>
#include <deque>

namespace portreeve::policy {

class TransientFlows {
public:
  static constexpr size_t CAPACITY = 16384;
  static constexpr uint64_t IDLE_NS = 120ull * 1000000000;

  explicit TransientFlows(FlowTable& flows, size_t capacity = CAPACITY)
      : flows(flows), capacity(capacity) {}
  KJ_DISALLOW_COPY(TransientFlows);

  void add(const Flow& flow);  // once for each flow; one that becomes tracked is left to conntrack
  void sweep(uint64_t nowNs);  // CLOCK_MONOTONIC; call every few seconds

  size_t size() const { return ids.size(); }

private:
  FlowTable& flows;
  size_t capacity;
  std::deque<uint64_t> ids;  // oldest first

  void endFront();
};

}  // namespace portreeve::policy
