// SPDX-License-Identifier: GPL-3.0-or-later
// All flows that policy knows: the open ones by five-tuple, and the latest ended ones for people.
// Bounded: of ended flows the oldest are forgotten first.
#pragma once

#include "policy/flow.h"
#include "policy/tuple-hash.h"

#include <cstdint>
#include <deque>
#include <list>
#include <optional>
#include <unordered_map>
#include <unordered_set>

namespace portreeve::policy {

class FlowObserver {
  // Must not change the table.
public:
  virtual void flowChanged(const Flow& flow) = 0;
  // It is new, or something was judged or learned anew.
  virtual void flowProgressed(const Flow& flow) { flowChanged(flow); }
  // It got bytes or has ended; all else is as it was.

protected:
  ~FlowObserver() noexcept(false) = default;
};

class FlowTable {
public:
  static constexpr size_t OPEN_CAPACITY = 65536;  // past it, flows are judged but not kept
  static constexpr size_t ENDED_CAPACITY = 10000;

  explicit FlowTable(size_t openCapacity = OPEN_CAPACITY, size_t endedCapacity = ENDED_CAPACITY);
  ~FlowTable() noexcept(false);
  KJ_DISALLOW_COPY(FlowTable);

  Flow& add(Flow flow);
  // Gives it an id and keeps it as open. One of the same tuple that was open has ended by that. The
  // caller fills the judgement and says `changed`. Where there is no room the reference is good
  // until the next call.
  Flow* findOpen(const Tuple& tuple);  // original direction; nullptr: none
  const Flow* find(uint64_t id) const;
  Flow* find(uint64_t id);
  // Nullptr: never given, or forgotten.
  void end(Flow& flow, uint64_t wallNs);  // observers are told
  void changed(const Flow& flow);         // tells observers
  void progressed(const Flow& flow);      // likewise, of bytes alone

  template <typename Each>
  void forEachOpen(Each&& each) {
    for (auto& entry : open) each(*entry.second);
  }
  // In no order; `each` must not add or end flows.

  template <typename Each>
  void forEachOpenAt(uint8_t protocol, uint16_t localPort, Each&& each) {
    if (protocol != PROTOCOL_UDP) return;
    auto found = openUdp.find(localPort);
    if (found == openUdp.end()) return;
    for (Flow* flow : found->second) each(*flow);
  }
  // UDP alone: other sockets' ends are told by conntrack. `each` must not add or end flows.

  template <typename Each>
  void newestFirst(Each&& each) const {
    for (auto flow = order.rbegin(); flow != order.rend(); ++flow)
      if (!each(*flow)) return;
  }
  // Open and ended ones by id, until `each` returns false.

  size_t openCount() const { return open.size(); }
  uint64_t notKept() const { return overflow; }

  void observe(FlowObserver& observer);  // until `stopObserving`
  void stopObserving(FlowObserver& observer);

private:
  size_t openCapacity;
  size_t endedCapacity;
  uint64_t lastId = 0;
  uint64_t overflow = 0;
  std::unordered_map<Tuple, Flow*, TupleHash> open;
  std::unordered_map<uint16_t, std::unordered_set<Flow*>> openUdp;  // by local port
  std::list<Flow> order;                                            // by id, as they came
  std::unordered_map<uint64_t, std::list<Flow>::iterator> byId;
  std::deque<uint64_t> ended;      // ids, as they ended
  std::optional<Flow> turnedAway;  // the last one that found no room
  kj::Vector<FlowObserver*> observers;

  void forget(Flow& flow);
  void trimEnded();
};

}  // namespace portreeve::policy
