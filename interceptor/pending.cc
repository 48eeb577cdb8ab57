// SPDX-License-Identifier: GPL-3.0-or-later
#include "interceptor/pending.h"

#include <kj/debug.h>
#include <string.h>

#include <algorithm>
#include <type_traits>

namespace portreeve::interceptor {
namespace {

constexpr uint SLOT_BITS = 14;
constexpr uint64_t SLOT_MASK = (1 << SLOT_BITS) - 1;
static_assert(Pending::MAX_CAPACITY == SLOT_MASK + 1);
static_assert(std::is_trivially_default_constructible_v<PendingPacket>);

}  // namespace

Pending::Pending(size_t capacity, uint64_t timeoutNs, uint64_t startedUs)
    : slots(kj::heapArray<PendingPacket>(capacity)),
      freed(kj::heapArray<uint16_t>(capacity)),
      timeoutNs(timeoutNs),
      lastNumber(startedUs) {
  KJ_REQUIRE(capacity <= MAX_CAPACITY, "the pool is too large for its ids", capacity);
}

kj::Maybe<uint16_t> Pending::takeSlot() {
  // The one that was free for the shortest time first: it is still in the processor's cache.
  if (freedCount > 0) return freed[--freedCount];
  if (untouched < slots.size()) return uint16_t(untouched++);
  return nullptr;
}

kj::Maybe<PendingPacket&> Pending::add(const PacketFacts& facts,
                                       kj::ArrayPtr<const kj::byte> start) {
  KJ_IF_MAYBE (slot, takeSlot()) {
    PendingPacket& packet = slots[*slot];
    packet.id = ++lastNumber << SLOT_BITS | *slot;
    packet.facts = facts;
    packet.startLength = uint16_t(std::min(start.size(), PACKET_START_BYTES));
    if (packet.startLength > 0) memcpy(packet.start, start.begin(), packet.startLength);
    append(*slot, facts.arrived);
    held++;
    return packet;
  }
  return nullptr;
}

kj::Maybe<PacketFacts> Pending::settle(uint64_t id) {
  uint16_t slot = uint16_t(id & SLOT_MASK);
  if (id == 0 || slot >= untouched || slots[slot].id != id) return nullptr;
  PacketFacts facts = slots[slot].facts;
  release(slot);
  return facts;
}

bool Pending::renew(uint64_t id, uint64_t nowNs) {
  uint16_t slot = uint16_t(id & SLOT_MASK);
  if (id == 0 || slot >= untouched || slots[slot].id != id) return false;
  unlink(slot);
  append(slot, nowNs);
  slots[slot].facts.asked = true;
  return true;
}

void Pending::expire(uint64_t nowNs, kj::FunctionParam<void(const PacketFacts&)> onExpired) {
  while (oldest != NOBODY && slots[oldest].since + timeoutNs <= nowNs) {
    PacketFacts facts = slots[oldest].facts;
    release(oldest);
    onExpired(facts);
  }
}

size_t Pending::countOf(uint16_t queue) const {
  size_t count = 0;
  forEach([&](const PendingPacket& packet) { count += packet.facts.queue == queue; });
  return count;
}

size_t Pending::forget(uint16_t queue) {
  size_t before = held;
  for (uint16_t slot = oldest; slot != NOBODY;) {
    uint16_t next = slots[slot].newer;
    if (slots[slot].facts.queue == queue) release(slot);
    slot = next;
  }
  return before - held;
}

kj::Maybe<uint64_t> Pending::nextDeadline() const {
  if (oldest == NOBODY) return nullptr;
  return slots[oldest].since + timeoutNs;
}

void Pending::forEach(kj::FunctionParam<void(const PendingPacket&)> use) const {
  for (uint16_t slot = oldest; slot != NOBODY; slot = slots[slot].newer) use(slots[slot]);
}

void Pending::append(uint16_t slot, uint64_t nowNs) {
  PendingPacket& packet = slots[slot];
  packet.since = nowNs;
  packet.older = newest;
  packet.newer = NOBODY;
  (newest == NOBODY ? oldest : slots[newest].newer) = slot;
  newest = slot;
}

void Pending::unlink(uint16_t slot) {
  PendingPacket& packet = slots[slot];
  (packet.older == NOBODY ? oldest : slots[packet.older].newer) = packet.newer;
  (packet.newer == NOBODY ? newest : slots[packet.newer].older) = packet.older;
}

void Pending::release(uint16_t slot) {
  unlink(slot);
  slots[slot].id = 0;
  freed[freedCount++] = slot;
  held--;
}

}  // namespace portreeve::interceptor
