// SPDX-License-Identifier: GPL-3.0-or-later
// Which processes policy has been told of over this arrow, so that a path, a command line and
// sixteen parents go over it once and not with each packet.
#pragma once

#include "attributor/process-facts.h"

#include <kj/common.h>

#include <cstdint>
#include <deque>
#include <unordered_map>

namespace portreeve::attributor {

class ToldProcesses {
public:
  static constexpr size_t CAPACITY = 1024;
  // Policy keeps four times as many (policy/program-cache.h), oldest forgotten first as here: what
  // is remembered here it has.

  static constexpr uint64_t TELL_AGAIN_NS = 1'000'000'000;
  // Whatever policy may have lost, it has again then.

  Detail detailFor(const SharedFacts& facts, uint64_t nowNs);
  // BRIEF where just that was told a moment before; else it counts as told from now on
  // (CLOCK_MONOTONIC). Without facts: FULL.
  bool knows(const ProcessFacts& facts) const { return told.count(facts.instance) != 0; }
  void forget();
  // What was sent may not have arrived.

private:
  struct Told {
    uint64_t fingerprint;
    uint64_t atNs;
  };
  std::unordered_map<uint64_t, Told> told;  // by instance
  std::deque<uint64_t> order;               // instances, oldest first
};

}  // namespace portreeve::attributor
