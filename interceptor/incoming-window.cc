// SPDX-License-Identifier: GPL-3.0-or-later
#include "interceptor/incoming-window.h"

namespace portreeve::interceptor {

void IncomingWindow::moveTo(uint64_t ns) {
  uint64_t now = ns >> SPAN_BITS;
  if (now <= span) return;
  inSpanBefore = now == span + 1 ? inSpan : 0;
  inSpan = 0;
  span = now;
}

bool IncomingWindow::full(uint64_t nowNs, uint32_t forPackets) {
  moveTo(nowNs);
  return inSpan + inSpanBefore + forPackets > PACKETS;
}

void IncomingWindow::admitted(uint64_t arrivedNs) {
  moveTo(arrivedNs);
  inSpan++;
}

void IncomingWindow::settled(uint64_t arrivedNs) {
  uint64_t then = arrivedNs >> SPAN_BITS;
  if (then == span && inSpan > 0) inSpan--;
  if (then + 1 == span && inSpanBefore > 0) inSpanBefore--;
}

}  // namespace portreeve::interceptor
