// SPDX-License-Identifier: GPL-3.0-or-later
// How one upstream does: its latency, and whether it is worth asking. An upstream that failed is
// tried again behind questions that others answer (half-open), first soon and then ever less often;
// one answer makes it good again at once.
#pragma once

#include <kj/common.h>
#include <kj/string.h>
#include <kj/time.h>

#include <cstdint>

namespace portreeve::resolver {

class UpstreamState {
public:
  static constexpr auto FIRST_PROBE = 500 * kj::MILLISECONDS;
  static constexpr auto LAST_PROBE = 10 * kj::SECONDS;
  static constexpr uint32_t FAILURES = 2;  // in a row, and it counts as failed

  void answered(kj::Duration took, kj::TimePoint now);
  void failed(kj::StringPtr why, kj::TimePoint now);

  bool good() const { return inARow < FAILURES; }
  bool probeDue(kj::TimePoint now) const { return !good() && now >= nextProbe; }
  void probing(kj::TimePoint now);                   // one is on its way: the next is due later
  kj::Duration latency() const { return smoothed; }  // 0: not known
  kj::StringPtr lastFailure() const { return why; }
  uint64_t answers() const { return answerCount; }
  uint64_t failures() const { return failureCount; }

private:
  kj::Duration smoothed = 0 * kj::SECONDS;
  kj::Duration probeDelay = FIRST_PROBE;
  kj::TimePoint nextProbe = kj::origin<kj::TimePoint>();
  uint32_t inARow = 0;
  uint64_t answerCount = 0, failureCount = 0;
  kj::String why;
};

}  // namespace portreeve::resolver
