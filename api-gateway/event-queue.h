// SPDX-License-Identifier: GPL-3.0-or-later
// What one follower of the live stream has still to be sent: events as text (server-sent events,
// HTML Living Standard 9.2). It never makes policy wait: what does not fit is counted, and the
// follower is told how much it missed.
#pragma once

#include "proto/view.capnp.h"

#include <kj/async.h>
#include <kj/refcount.h>
#include <kj/string.h>
#include <kj/vector.h>

namespace portreeve::gateway {

constexpr size_t MAX_QUEUED_BYTES = 256 << 10;

class EventQueue final : public kj::Refcounted {
public:
  void add(proto::view::Connection::Reader connection);
  // "id" is left out where it would go back: a change of an old connection must not make the
  // follower ask for everything after it again.
  void missed(uint64_t count);
  void close();  // nothing more will come

  kj::String take();  // all of it; empty when there is nothing
  bool closed() const { return isClosed; }
  kj::Promise<void> onChange();
  // Resolves at once when there is something to take or it is closed; one waiter at a time.

private:
  kj::Vector<kj::String> events;
  size_t bytes = 0;
  uint64_t leftOut = 0;
  double newestId = 0;
  bool isClosed = false;
  kj::Maybe<kj::Own<kj::PromiseFulfiller<void>>> waiting;

  void wake();
};

}  // namespace portreeve::gateway
