// SPDX-License-Identifier: GPL-3.0-or-later
// Flows that we ended ourselves while the kernel's word about their conntrack entry, with its
// bytes, is still to come. Without this it would be taken for the end of the next flow of the same
// tuple.
#pragma once

#include "policy/tuple-hash.h"

#include <kj/common.h>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <unordered_map>

namespace portreeve::policy {

class LateEnds {
public:
  static constexpr size_t CAPACITY = 8192;
  static constexpr uint64_t PATIENCE_NS = 2000000000;  // the interceptor tells within some 20 ms

  void expect(const Tuple& tuple, uint64_t flowId, uint64_t nowNs);  // CLOCK_MONOTONIC
  kj::Maybe<uint64_t> take(const Tuple& tuple, uint64_t nowNs);
  // The flow whose entry this was, in either direction; nullptr: none is expected.

  size_t size() const { return byTuple.size(); }

private:
  struct Expected {
    uint64_t flowId;
    uint64_t sinceNs;
  };
  std::unordered_map<Tuple, Expected, TupleHash> byTuple;
  std::deque<std::pair<Tuple, uint64_t>> order;  // with the time, oldest first

  void forgetOld(uint64_t nowNs);
};

}  // namespace portreeve::policy
