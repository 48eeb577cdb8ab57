// SPDX-License-Identifier: GPL-3.0-or-later
// libunbound's pluggable event loop (unbound-event.h) on KJ's: its sockets and timers are watched
// by our own loop, so that resolving needs no thread and no fork.
//
// libunbound expects level-triggered events; epoll as KJ uses it is edge-triggered. After each
// callback the descriptor is therefore asked once more with poll(2). Callbacks run from one task of
// this base (`run`), never from an event's own promise: a callback may delete its own event.
#pragma once

#include <kj/async-unix.h>
#include <kj/async.h>
#include <kj/timer.h>
#include <unbound-event.h>

#include <deque>

namespace portreeve::resolver {

class UbEventBase final : private ub_event_base {
public:
  UbEventBase(kj::UnixEventPort& port, kj::Timer& timer);
  ~UbEventBase() noexcept(false);
  // After the context that uses it.
  KJ_DISALLOW_COPY(UbEventBase);

  ub_event_base* handle() { return this; }
  // For ub_ctx_create_ub_event.

  kj::Promise<void> run();
  // Fires events; never resolves. Call once.

private:
  struct Event;

  kj::UnixEventPort& port;
  kj::Timer& timer;
  std::deque<Event*> due;
  Event* firing = nullptr;  // null again when its callback freed it
  kj::Maybe<kj::Own<kj::PromiseFulfiller<void>>> wake;

  void enqueue(Event& event);
  void forget(Event& event);
  void fireAll();
  void fire(Event& event);
  static ub_event_base_vmt baseTable;
  static ub_event_vmt eventTable;
};

}  // namespace portreeve::resolver
