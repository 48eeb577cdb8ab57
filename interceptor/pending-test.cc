// SPDX-License-Identifier: GPL-3.0-or-later
#include "interceptor/pending.h"

#include <doctest/doctest.h>
#include <kj/debug.h>
#include <kj/vector.h>

#include <set>

namespace portreeve::interceptor {
namespace {

constexpr uint64_t TIMEOUT = 3000;

PacketFacts packet(uint32_t kernelId, uint64_t arrived = 0) {
  PacketFacts facts{};
  facts.kernelId = kernelId;
  facts.arrived = arrived;
  return facts;
}

uint64_t addTo(Pending& pending, uint32_t kernelId, uint64_t arrived = 0) {
  return KJ_ASSERT_NONNULL(pending.add(packet(kernelId, arrived), nullptr)).id;
}

uint32_t settled(Pending& pending, uint64_t id) {
  KJ_IF_MAYBE (facts, pending.settle(id)) return facts->kernelId;
  return 0;
}

kj::Vector<uint32_t> expired(Pending& pending, uint64_t now) {
  kj::Vector<uint32_t> ids;
  pending.expire(now, [&](const PacketFacts& facts) { ids.add(facts.kernelId); });
  return ids;
}

TEST_CASE("packets are settled in any order, each once") {
  Pending pending(8, TIMEOUT, 1);
  uint64_t a = addTo(pending, 1), b = addTo(pending, 2), c = addTo(pending, 3);
  CHECK(settled(pending, b) == 2);
  CHECK(settled(pending, b) == 0);
  CHECK(settled(pending, c) == 3);
  CHECK(settled(pending, a) == 1);
  CHECK(pending.size() == 0);
  CHECK(pending.nextDeadline() == nullptr);
}

TEST_CASE("ids that were never given are not held, whatever their bits") {
  Pending pending(8, TIMEOUT, 1);
  uint64_t a = addTo(pending, 1);
  for (uint64_t id : {uint64_t(0), uint64_t(1), ~uint64_t(0), a + 1, a ^ (uint64_t(1) << 63)})
    CHECK(settled(pending, id) == 0);
  CHECK(settled(pending, a) == 1);
}

TEST_CASE("a packet that is renewed waits its whole time-out anew, and the others do not") {
  Pending pending(8, TIMEOUT, 1);
  uint64_t asked = addTo(pending, 1, 1000);
  addTo(pending, 2, 1500);
  CHECK(pending.renew(asked, 2000));
  CHECK(pending.nextDeadline().orDefault(0) == 1500 + TIMEOUT);
  CHECK(expired(pending, 1500 + TIMEOUT).size() == 1);
  CHECK(pending.renew(asked, 4000));
  CHECK(expired(pending, 4000 + TIMEOUT - 1).size() == 0);
  auto ids = expired(pending, 4000 + TIMEOUT);
  REQUIRE(ids.size() == 1);
  CHECK(ids[0] == 1);
  CHECK(!pending.renew(asked, 9000));
  CHECK(!pending.renew(0, 9000));
}

TEST_CASE("an id is never given twice, though its slot is") {
  Pending pending(4, TIMEOUT, 1);
  std::set<uint64_t> ids;
  for (uint32_t i = 1; i <= 1000; i++) {
    uint64_t id = addTo(pending, i);
    CHECK(ids.insert(id).second);
    CHECK(settled(pending, id) == i);
  }
  for (uint64_t id : ids) CHECK(settled(pending, id) == 0);
}

TEST_CASE("an interceptor that starts later knows nothing of the ids before it") {
  Pending before(4, TIMEOUT, 1'000'000);
  Pending after(4, TIMEOUT, 1'000'500);
  uint64_t old = addTo(before, 1);
  addTo(after, 2);
  CHECK(settled(after, old) == 0);
  CHECK(after.size() == 1);
}

TEST_CASE("a full pool takes nothing and loses nothing") {
  Pending pending(2, TIMEOUT, 1);
  uint64_t a = addTo(pending, 1);
  addTo(pending, 2);
  CHECK(pending.add(packet(3), nullptr) == nullptr);
  CHECK(settled(pending, a) == 1);
  addTo(pending, 4);
  CHECK(pending.size() == 2);
}

TEST_CASE("what has waited for the time-out expires, oldest first, and nothing else") {
  Pending pending(8, TIMEOUT, 1);
  addTo(pending, 1, 100);
  uint64_t b = addTo(pending, 2, 200);
  addTo(pending, 3, 300);
  addTo(pending, 4, 5000);
  CHECK(KJ_ASSERT_NONNULL(pending.nextDeadline()) == 100 + TIMEOUT);
  CHECK(expired(pending, 99 + TIMEOUT).size() == 0);
  CHECK(settled(pending, b) == 2);
  auto gone = expired(pending, 300 + TIMEOUT);
  REQUIRE(gone.size() == 2);
  CHECK(gone[0] == 1);
  CHECK(gone[1] == 3);
  CHECK(KJ_ASSERT_NONNULL(pending.nextDeadline()) == 5000 + TIMEOUT);
}

TEST_CASE("a verdict that comes after the time-out finds nothing") {
  Pending pending(8, TIMEOUT, 1);
  uint64_t a = addTo(pending, 1, 0);
  CHECK(expired(pending, TIMEOUT).size() == 1);
  CHECK(settled(pending, a) == 0);
}

TEST_CASE("what waits is walked in order of arrival with its facts and its first bytes") {
  Pending pending(8, TIMEOUT, 1);
  kj::byte bytes[PACKET_START_BYTES + 10] = {0x45, 7};
  PacketFacts facts = packet(1);
  facts.mark = 51820;
  pending.add(facts, bytes);
  uint64_t middle = addTo(pending, 2);
  pending.add(packet(3), kj::arrayPtr(bytes, 20));
  CHECK(settled(pending, middle) == 2);
  kj::Vector<uint32_t> order;
  pending.forEach([&](const PendingPacket& waiting) {
    order.add(waiting.facts.kernelId);
    CHECK(waiting.start[0] == 0x45);
    CHECK(waiting.startLength == (waiting.facts.kernelId == 1 ? PACKET_START_BYTES : 20));
    CHECK(waiting.facts.mark == (waiting.facts.kernelId == 1 ? 51820 : 0));
  });
  REQUIRE(order.size() == 2);
  CHECK(order[0] == 1);
  CHECK(order[1] == 3);
}

TEST_CASE("one queue's packets are counted and forgotten, the others' stay in their order") {
  Pending pending(8, TIMEOUT, 1);
  auto add = [&](uint16_t queue, uint32_t kernelId) {
    auto facts = packet(kernelId);
    facts.queue = queue;
    return KJ_ASSERT_NONNULL(pending.add(facts, nullptr)).id;
  };
  uint64_t first = add(17040, 1), second = add(17060, 1), third = add(17040, 2);
  uint64_t fourth = add(17060, 2);
  CHECK(pending.countOf(17040) == 2);
  CHECK(pending.countOf(17140) == 0);
  CHECK(pending.forget(17040) == 2);
  CHECK(pending.size() == 2);
  CHECK(settled(pending, first) == 0);
  CHECK(settled(pending, third) == 0);
  CHECK(pending.forget(17040) == 0);
  auto order = expired(pending, TIMEOUT);
  REQUIRE(order.size() == 2);
  CHECK(order[0] == 1);
  CHECK(order[1] == 2);
  CHECK(settled(pending, second) == 0);
  CHECK(settled(pending, fourth) == 0);
}

}  // namespace
}  // namespace portreeve::interceptor
