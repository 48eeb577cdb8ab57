// SPDX-License-Identifier: GPL-3.0-or-later
// The questions to one follower's user, beside the events that all followers share. Bounded: who
// does not fetch them in time is told to look at the whole again.
#pragma once

#include "api-gateway/session-store.h"

#include <kj/async.h>
#include <kj/refcount.h>
#include <kj/string.h>
#include <kj/vector.h>

namespace portreeve::gateway {

class PromptFeed {
public:
  static constexpr size_t MOST = 256;  // events waiting

  struct Event {
    kj::StringPtr type;  // prompt, prompt_closed, prompts_missed
    kj::String data;     // JSON
  };

  static kj::Own<PromptFeed> watch(Session& session, bool present);
  // First the questions that are open, then what changes; nothing for a session that may not
  // answer. `present`: somebody is there to answer, and connections are held for it. Where policy
  // refuses (too many watch), one "prompts_missed" comes.

  class Queue final : public kj::Refcounted {
    // Also held by policy's end, which must not hold the subscription itself.
  public:
    void push(kj::StringPtr type, kj::String data);
    kj::Vector<Event> take();
    kj::Promise<void> onChange();  // one waiter at a time

  private:
    kj::Vector<Event> events;
    kj::Maybe<kj::Own<kj::PromiseFulfiller<void>>> waiting;
  };

  kj::Vector<Event> take() { return queue->take(); }
  kj::Promise<void> onChange() { return queue->onChange(); }  // one waiter at a time

private:
  kj::Own<Queue> queue = kj::refcounted<Queue>();
  kj::Maybe<proto::PromptSubscription::Client> subscription;
  kj::Promise<void> asking = nullptr;
};

}  // namespace portreeve::gateway
