// SPDX-License-Identifier: GPL-3.0-or-later
// The packets that wait for their verdict, in a pool of fixed size: nothing is allocated per
// packet, and memory that was never needed is never touched. Time is always given from outside;
// the clock is the caller's.
#pragma once

#include "proto/flow.capnp.h"

#include <kj/array.h>
#include <kj/common.h>
#include <kj/function.h>

#include <cstdint>

namespace portreeve::interceptor {

constexpr size_t PACKET_START_BYTES = 256;  // proto/ring.capnp, Packet.start

struct PacketFacts {
  // What the kernel said about a packet; enough to submit it again and to answer for it. Trivial,
  // so that the pool's memory stays untouched: make one with `PacketFacts{}`.
  uint16_t queue;  // 17040, …
  proto::Hook hook;
  proto::Family family;
  uint32_t kernelId;  // its number within the queue, host byte order
  uint32_t mark;
  uint32_t inInterface;
  uint32_t outInterface;
  uint32_t uid;        // 4294967295: the kernel said none
  uint32_t length;     // of the whole packet, bytes
  uint64_t arrived;    // CLOCK_MONOTONIC, ns
  uint64_t notBefore;  // likewise: its queue was empty then; 0: not yet seen so
  uint64_t stamped;    // by the kernel, before the queue: CLOCK_REALTIME, ns; 0: it was not
  uint32_t queued;     // ns from the stamp until it was read, at most 4 s; 0: no stamp
  bool asked;  // a person is asked about it (Pending::renew): how long it waits measures nobody
};

struct PendingPacket {
  uint64_t id;     // 0: this slot is free
  uint64_t since;  // CLOCK_MONOTONIC, ns: its time-out counts from here
  PacketFacts facts;
  uint16_t startLength;
  uint16_t older, newer;  // neighbours in the order of `since`
  kj::byte start[PACKET_START_BYTES];
};

class Pending {
public:
  static constexpr size_t MAX_CAPACITY = 1 << 14;

  Pending(size_t capacity, uint64_t timeoutNs, uint64_t startedUs);
  // An id is a number that counts packets, and the slot it is in. The count begins with
  // `startedUs`, the microseconds since boot: less than one packet a microsecond arrives, so no
  // later interceptor on this machine gives an id twice either.
  KJ_DISALLOW_COPY(Pending);

  kj::Maybe<PendingPacket&> add(const PacketFacts& facts, kj::ArrayPtr<const kj::byte> start);
  // nullptr when the pool is full. At most PACKET_START_BYTES are kept. `facts.arrived` never goes
  // back. The reference is good until the packet is settled or has expired.

  kj::Maybe<PacketFacts> settle(uint64_t id);
  // Takes it out. nullptr where it is not held (any more); any number may be asked.

  bool renew(uint64_t id, uint64_t nowNs);
  // Its time-out begins anew at `nowNs`, which never goes back. False where it is not held.

  void expire(uint64_t nowNs, kj::FunctionParam<void(const PacketFacts&)> onExpired);
  // Takes out what has waited for the whole time-out.

  size_t countOf(uint16_t queue) const;
  size_t forget(uint16_t queue);
  // All of that queue: its numbers mean nothing any more. How many there were.

  kj::Maybe<uint64_t> nextDeadline() const;  // CLOCK_MONOTONIC, ns; nullptr when nothing waits

  void forEach(kj::FunctionParam<void(const PendingPacket&)> use) const;
  // In the order in which their time is up.
  size_t size() const { return held; }

private:
  static constexpr uint16_t NOBODY = 0xffff;

  kj::Array<PendingPacket> slots;
  kj::Array<uint16_t> freed;  // a stack of slots that were used and are free again
  size_t freedCount = 0;
  size_t untouched = 0;  // slots from here on were never used
  uint16_t oldest = NOBODY, newest = NOBODY;
  size_t held = 0;
  uint64_t timeoutNs;
  uint64_t lastNumber;

  kj::Maybe<uint16_t> takeSlot();
  void append(uint16_t slot, uint64_t nowNs);
  void unlink(uint16_t slot);
  void release(uint16_t slot);
};

}  // namespace portreeve::interceptor
