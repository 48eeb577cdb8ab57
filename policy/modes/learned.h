// SPDX-License-Identifier: GPL-3.0-or-later
// What was seen while learning: connections that no rule decided, by kind. Bounded; kept in the
// state folder until it is reviewed.
#pragma once

#include "policy/flow-table.h"
#include "policy/recent-ids.h"
#include "policy/saved-soon.h"

#include <kj/string.h>
#include <kj/timer.h>
#include <kj/vector.h>

#include <compare>
#include <cstdint>
#include <map>
#include <string>

namespace portreeve::policy {

struct LearnedKind {
  // Connections that differ in nothing that a rule would tell apart.
  std::string path;
  uint32_t uid = 0;
  bool in = false;
  bool asked = false;    // a rule asked; else none matched
  bool blocked = false;  // what was done with it
  uint8_t protocol = 0;
  uint16_t port = 0;   // of the other end for what goes out, else of this one
  std::string domain;  // else empty, and `address` says where to
  std::string address;
  auto operator<=>(const LearnedKind&) const = default;
};

struct LearnedCount {
  uint64_t connections = 0;
  uint64_t firstNs = 0, lastNs = 0;  // wall clock
};

using LearnedKinds = std::map<LearnedKind, LearnedCount>;

class Learned final : private FlowObserver {
public:
  static constexpr size_t MOST = 10'000;  // kinds; what comes beyond is counted only
  static constexpr kj::StringPtr FILE_NAME = "learned.toml"_kj;

  Learned(FlowTable& flows, kj::Timer& timer, DurableFolder& state);
  ~Learned() noexcept(false);
  KJ_DISALLOW_COPY(Learned);

  void restore();  // what is not what was written there is said, and nothing is known

  const LearnedKinds& kinds() const { return known; }
  uint64_t beyond() const { return tooMany; }
  size_t forget();  // all; how many kinds there were

private:
  FlowTable& flows;
  DurableFolder& state;
  LearnedKinds known;
  RecentIds counted;  // flows
  uint64_t tooMany = 0;
  SavedSoon saved;

  void flowChanged(const Flow& flow) override;
};

kj::String learnedText(const LearnedKinds& kinds);
LearnedKinds parseLearned(kj::StringPtr text);
// Throws FAILED where it is not what was written.

}  // namespace portreeve::policy
