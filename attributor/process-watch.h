// SPDX-License-Identifier: GPL-3.0-or-later
// Follows which processes begin another program and which end, where the kernel tells (cn_proc; the
// keeper hands over the socket), so that nothing is believed of a program that is over. What was
// told before a packet was sent is heeded before the packet is: the events are taken before each
// round of packets. Between rounds they wait a moment and are taken together.
#pragma once

#include "attributor/process-cache.h"

#include <kj/async-unix.h>
#include <kj/io.h>
#include <kj/timer.h>

#include <cstdint>

namespace portreeve::attributor {

class ProcessWatch {
public:
  static constexpr auto PAUSE = 50 * kj::MILLISECONDS;

  struct Counters {
    uint64_t events = 0;
    uint64_t missed = 0;  // how often the kernel had no room for more
  };

  ProcessWatch(kj::UnixEventPort& port, kj::Timer& timer, ProcessCache& processes);
  // All outlive this object.
  KJ_DISALLOW_COPY(ProcessWatch);

  void use(kj::AutoCloseFd socket);
  // From now on.
  bool following() const { return socket.get() >= 0; }

  void take();
  // All that has been told.

  const Counters& counters() const { return counts; }

private:
  kj::UnixEventPort& port;
  kj::Timer& timer;
  ProcessCache& processes;
  kj::AutoCloseFd socket;
  kj::Own<kj::UnixEventPort::FdObserver> observer;  // none in a pause
  kj::Promise<void> watching = nullptr;
  Counters counts;

  kj::Promise<void> watch();
  bool takeOne();
  void stop();
};

}  // namespace portreeve::attributor
