// SPDX-License-Identifier: GPL-3.0-or-later
// How many arriving packets may be on the ring at once. Its arrows are first in, first out, so
// whatever stands on them stands before the next outgoing packet; a flood from outside waits in
// the kernel's queue instead, which drops what is too much at no cost to us.
#pragma once

#include <cstdint>

namespace portreeve::interceptor {

class IncomingWindow {
public:
  static constexpr uint32_t PACKETS = 128;  // a few milliseconds' work of the whole ring

  static constexpr uint32_t SPAN_BITS = 24;  // of nanoseconds: 17 ms
  // What was admitted longer ago than one or two spans counts no more: it may be lost, or a
  // question to a person.

  bool full(uint64_t nowNs, uint32_t forPackets);
  // Whether so many more would be too many. All times: CLOCK_MONOTONIC, which never goes back.
  void admitted(uint64_t arrivedNs);
  void settled(uint64_t arrivedNs);  // of a packet that was admitted then

private:
  uint64_t span = 0;  // the newest
  uint32_t inSpan = 0, inSpanBefore = 0;

  void moveTo(uint64_t ns);
};

}  // namespace portreeve::interceptor
