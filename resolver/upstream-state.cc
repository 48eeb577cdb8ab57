// SPDX-License-Identifier: GPL-3.0-or-later
#include "resolver/upstream-state.h"

namespace portreeve::resolver {

void UpstreamState::answered(kj::Duration took, kj::TimePoint now) {
  answerCount++;
  inARow = 0;
  probeDelay = FIRST_PROBE;
  // As TCP smooths it (RFC 6298, 2): an eighth of the new one.
  smoothed = smoothed == 0 * kj::SECONDS ? took : (smoothed * 7 + took) / 8;
}

void UpstreamState::failed(kj::StringPtr reason, kj::TimePoint now) {
  failureCount++;
  inARow++;
  why = kj::str(reason);
  if (inARow == FAILURES) nextProbe = now + probeDelay;
}

void UpstreamState::probing(kj::TimePoint now) {
  probeDelay = kj::min(probeDelay * 2, kj::Duration(LAST_PROBE));
  nextProbe = now + probeDelay;
}

}  // namespace portreeve::resolver
