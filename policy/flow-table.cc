// SPDX-License-Identifier: GPL-3.0-or-later
#include "policy/flow-table.h"

#include "common/clock.h"

#include <algorithm>

namespace portreeve::policy {

FlowTable::FlowTable(size_t openCapacity, size_t endedCapacity)
    : openCapacity(openCapacity), endedCapacity(endedCapacity) {}

FlowTable::~FlowTable() noexcept(false) = default;

Flow& FlowTable::add(Flow flow) {
  if (Flow* same = findOpen(flow.tuple)) end(*same, wallNs());
  auto kept = std::make_unique<Flow>(kj::mv(flow));
  kept->id = ++lastId;
  if (open.size() >= openCapacity) {
    overflow++;
    notKeptFlow = kj::mv(kept);
    return *notKeptFlow;
  }
  Flow& added = *kept;
  open.emplace(added.tuple, &added);
  if (added.tuple.protocol == PROTOCOL_UDP) openUdp[added.localPort()].insert(&added);
  order.emplace_hint(order.end(), added.id, kj::mv(kept));
  return added;
}

Flow* FlowTable::findOpen(const Tuple& tuple) {
  auto found = open.find(tuple);
  return found == open.end() ? nullptr : found->second;
}

const Flow* FlowTable::find(uint64_t id) const {
  auto found = order.find(id);
  return found == order.end() ? nullptr : found->second.get();
}

Flow* FlowTable::find(uint64_t id) {
  auto found = order.find(id);
  return found == order.end() ? nullptr : found->second.get();
}

void FlowTable::end(Flow& flow, uint64_t wallNs) {
  if (!flow.open()) return;
  forget(flow);
  flow.endedNs = wallNs;
  changed(flow);
  ended.push_back(flow.id);
  trimEnded();
}

void FlowTable::forget(Flow& flow) {
  auto found = open.find(flow.tuple);
  if (found == open.end() || found->second != &flow) return;
  open.erase(found);
  auto udp = openUdp.find(flow.localPort());
  if (flow.tuple.protocol != PROTOCOL_UDP || udp == openUdp.end()) return;
  udp->second.erase(&flow);
  if (udp->second.empty()) openUdp.erase(udp);
}

void FlowTable::trimEnded() {
  while (ended.size() > endedCapacity) {
    order.erase(ended.front());
    ended.pop_front();
  }
}

void FlowTable::changed(const Flow& flow) {
  for (auto observer : observers) observer->flowChanged(flow);
}

void FlowTable::observe(FlowObserver& observer) {
  observers.add(&observer);
}

void FlowTable::stopObserving(FlowObserver& observer) {
  auto kept = std::remove(observers.begin(), observers.end(), &observer);
  observers.truncate(size_t(kept - observers.begin()));
}

}  // namespace portreeve::policy
