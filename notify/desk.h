// SPDX-License-Identifier: GPL-3.0-or-later
// Between policy and the desktop: each open question that this person may answer is a notification;
// a pressed button is its answer. Policy may go and come back, so may the notification daemon.
#pragma once

#include "common/rpc-client.h"
#include "notify/session-bus.h"
#include "proto/policy.capnp.h"

#include <kj/async-io.h>
#include <kj/memory.h>

#include <capnp/message.h>

#include <cstdint>
#include <map>

namespace portreeve::notify {

class Desk final : private SessionBus::Listener, private kj::TaskSet::ErrorHandler {
public:
  static constexpr size_t MOST_SHOWN = 16;
  // At once; further questions are shown as these are closed.

  Desk(kj::AsyncIoContext& io, SessionBus& bus, kj::StringPtr policySocket);
  KJ_DISALLOW_COPY(Desk);

  kj::Promise<void> serve();
  // Never resolves; rejects when the session bus has gone.

private:
  struct Open {
    kj::Own<capnp::MallocMessageBuilder> prompt;
    uint32_t notification = 0;  // 0: not shown
    bool putAside = false;      // whoever closed it does not want to see it again
  };
  class Sink;

  kj::AsyncIoContext& io;
  SessionBus& bus;
  Capabilities capabilities;
  bool screenLocked = false;
  std::map<uint64_t, Open> open;  // by the question's id
  kj::Maybe<proto::Prompts::Client> prompts;
  kj::Maybe<proto::PromptSubscription::Client> subscription;
  kj::TaskSet tasks;
  PeerConnection peer;

  kj::Promise<void> establish(proto::Policy::Client policy);
  kj::Promise<void> watch();
  void changed(proto::Prompt::Reader prompt);
  void ended(uint64_t id);
  void showAll();
  void answer(uint64_t id, kj::StringPtr key);

  void pressed(uint32_t notification, kj::StringPtr key) override;
  void closed(uint32_t notification) override;
  void locked(bool is) override;
  void daemonCame() override;
  void taskFailed(kj::Exception&& e) override;
};

}  // namespace portreeve::notify
