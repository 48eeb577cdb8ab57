// SPDX-License-Identifier: GPL-3.0-or-later
// Keeps the machine's cores out of their sleep states while verdicts are on their way. A
// connection's way wakes four processes one after the other, and to wake a core that sleeps takes
// longer than what each of them does. It is the kernel's PM QoS request for CPU latency
// (Documentation/power/pm_qos_interface.rst): 0 us while packets come, none half a millisecond
// after the last. Idle cores poll as long, which costs power: MAX_SHARE of the time in the long
// run at most.
#pragma once

#include <kj/async.h>
#include <kj/common.h>
#include <kj/io.h>
#include <kj/timer.h>

#include <cstdint>

namespace portreeve::interceptor {

kj::Maybe<kj::AutoCloseFd> openLatencyRequest();
// /dev/cpu_dma_latency for writing; root's alone to open. nullptr, and a line in the log, where
// there is none. Also nullptr on a machine of more than MAX_CORES cores: the request is for all.

class KeepAwake final : private kj::TaskSet::ErrorHandler {
public:
  static constexpr uint32_t MAX_CORES = 16;
  static constexpr auto BURST = 2 * kj::SECONDS;  // as long at once after a long rest
  static constexpr uint32_t MAX_SHARE = 10;       // per cent of the time that passes
  static constexpr auto AFTER_LAST = 500 * kj::MICROSECONDS;

  KeepAwake(kj::Maybe<kj::AutoCloseFd> request, kj::Timer& timer);
  // Without a request it does nothing. `timer` outlives it.
  KJ_DISALLOW_COPY(KeepAwake);

  void packetsCame();
  // To be called once the packets are on their way: the system call may take some microseconds.

  kj::Duration held() const { return heldBefore; }  // in all, up to the last release

private:
  kj::Maybe<kj::AutoCloseFd> request;
  kj::Timer& timer;
  bool holding = false;
  bool cameSince = false;
  kj::TimePoint since;  // of `holding`, or of what `allowance` was at the last release
  kj::Duration heldBefore = 0 * kj::NANOSECONDS;
  kj::Duration allowance = BURST;
  kj::TaskSet tasks;

  kj::Promise<void> releaseWhenQuiet();
  void release();
  bool write(int32_t latencyUs);
  void taskFailed(kj::Exception&& e) override;
};

}  // namespace portreeve::interceptor
