// SPDX-License-Identifier: GPL-3.0-or-later
// Keeps the suite's daemons running where no service manager does. A daemon that ends is started
// again at once (later and later while it dies young); its sockets stay open meanwhile, so that
// whoever talks to it waits instead of failing. Knows nothing of processes or sockets itself: both
// come in by ChildStarter, so that a test needs neither.
#pragma once

#include "common/accounts.h"
#include "proto/supervisor.capnp.h"

#include <kj/async.h>
#include <kj/function.h>
#include <kj/memory.h>
#include <kj/string.h>
#include <kj/timer.h>
#include <sys/types.h>

namespace portreeve::cli {

class RunningChild {
public:
  virtual pid_t pid() const = 0;                    // 0 once it has ended
  virtual kj::Promise<kj::String> whenEnded() = 0;  // how, in words; call once
  virtual void signal(int number) = 0;              // nothing happens once it has ended
  virtual ~RunningChild() noexcept(false) = default;
};

class ChildStarter {
public:
  virtual kj::Own<RunningChild> start(Role role) = 0;
};

class Supervisor {
public:
  static constexpr kj::Duration READY_WITHIN = 30 * kj::SECONDS;
  static constexpr kj::Duration STOP_WITHIN = 3 * kj::SECONDS;  // then SIGKILL
  static constexpr uint TRIES = 5;  // starts without a READY before it gives up on the whole

  Supervisor(kj::Timer& timer, ChildStarter& starter);
  ~Supervisor() noexcept(false);
  KJ_DISALLOW_COPY(Supervisor);

  void start();

  void notified(pid_t from, kj::StringPtr message);
  // What a daemon said on $NOTIFY_SOCKET: lines "READY=1", "STATUS=…" (sd_notify(3)). From others
  // than the daemons it is nothing.

  kj::Promise<void> whenReady();
  // Every daemon has said READY. Rejects with FAILED, which daemon and why, after READY_WITHIN or
  // when one has ended TRIES times without having been ready. Call once.

  kj::Promise<void> stop();
  // Starts nothing any more, ends all daemons; resolves when the last has ended. Call once.

  void fill(proto::SupervisorStatus::Builder status) const;  // enforcing and children

private:
  struct Impl;
  kj::Own<Impl> impl;
};

}  // namespace portreeve::cli
