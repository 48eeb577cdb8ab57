// SPDX-License-Identifier: GPL-3.0-or-later
// For tests: somebody who follows, as fast or as slow as the test wants.
#pragma once

#include "proto/policy.capnp.h"

#include <kj/async.h>
#include <kj/vector.h>

namespace portreeve::policy {

struct SinkState {
  kj::Vector<uint64_t> ids;
  kj::Vector<kj::String> states;
  uint64_t messages = 0;
  uint64_t missed = 0;
  bool fails = false;
  kj::Maybe<kj::ForkedPromise<void>> slow;  // each call waits for it
};

class TestSink final : public proto::ConnectionSink::Server {
public:
  explicit TestSink(SinkState& state) : state(state) {}

  kj::Promise<void> connections(ConnectionsContext context) override {
    if (state.fails) return KJ_EXCEPTION(DISCONNECTED, "gone");
    state.messages++;
    for (auto one : context.getParams().getChanged()) {
      state.ids.add(uint64_t(one.getId()));
      state.states.add(kj::str(one.getState()));
    }
    KJ_IF_MAYBE (slow, state.slow) return slow->addBranch();
    return kj::READY_NOW;
  }

  kj::Promise<void> missed(MissedContext context) override {
    state.missed += context.getParams().getCount();
    return kj::READY_NOW;
  }

private:
  SinkState& state;
};

}  // namespace portreeve::policy
