// SPDX-License-Identifier: GPL-3.0-or-later
#include "policy/flow-table.h"

#include "common/clock.h"

#include <algorithm>
#include <iterator>

namespace portreeve::policy {

FlowTable::FlowTable(size_t openCapacity, size_t endedCapacity)
    : openCapacity(openCapacity), endedCapacity(endedCapacity) {}

FlowTable::~FlowTable() noexcept(false) = default;

Flow& FlowTable::add(Flow flow) {
  if (Flow* same = findOpen(flow.tuple)) end(*same, wallNs());
  flow.id = ++lastId;
  if (open.size() >= openCapacity) {
    overflow++;
    return turnedAway.emplace(kj::mv(flow));
  }
  Flow& added = order.emplace_back(kj::mv(flow));
  byId.emplace(added.id, std::prev(order.end()));
  open.emplace(added.tuple, &added);
  if (added.tuple.protocol == PROTOCOL_UDP) openUdp[added.localPort()].insert(&added);
  return added;
}

Flow* FlowTable::findOpen(const Tuple& tuple) {
  auto found = open.find(tuple);
  return found == open.end() ? nullptr : found->second;
}

const Flow* FlowTable::find(uint64_t id) const {
  auto found = byId.find(id);
  return found == byId.end() ? nullptr : &*found->second;
}

Flow* FlowTable::find(uint64_t id) {
  auto found = byId.find(id);
  return found == byId.end() ? nullptr : &*found->second;
}

void FlowTable::end(Flow& flow, uint64_t wallNs) {
  if (!flow.open()) return;
  forget(flow);
  flow.endedNs = wallNs;
  progressed(flow);
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
    auto oldest = byId.find(ended.front());
    ended.pop_front();
    if (oldest == byId.end()) continue;  // it had found no room
    order.erase(oldest->second);
    byId.erase(oldest);
  }
}

void FlowTable::changed(const Flow& flow) {
  for (auto observer : observers) observer->flowChanged(flow);
}

void FlowTable::progressed(const Flow& flow) {
  for (auto observer : observers) observer->flowProgressed(flow);
}

void FlowTable::observe(FlowObserver& observer) {
  observers.add(&observer);
}

void FlowTable::stopObserving(FlowObserver& observer) {
  auto kept = std::remove(observers.begin(), observers.end(), &observer);
  observers.truncate(size_t(kept - observers.begin()));
}

}  // namespace portreeve::policy
