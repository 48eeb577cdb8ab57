// SPDX-License-Identifier: GPL-3.0-or-later
// Tells policy where this machine is: each policy that is newly dialled at once, then whenever it
// has changed.
#pragma once

#include "proto/policy.capnp.h"
#include "resolver/network-watch.h"

#include <kj/async.h>

namespace portreeve::resolver {

class NetworkTeller final : private kj::TaskSet::ErrorHandler {
public:
  NetworkTeller(kj::UnixEventPort& port, kj::Timer& timer)
      : watch(port, timer), now(watch.look()), tasks(*this) {}
  // Before the sandbox.
  KJ_DISALLOW_COPY(NetworkTeller);

  void meet(proto::Policy::Client policy);
  // It takes the place of the one before.

  kj::Promise<void> follow();
  // Never resolves.

private:
  NetworkWatch watch;
  NetworkWatch::Attachment now;
  kj::Maybe<proto::AttachmentListener::Client> listener;
  kj::TaskSet tasks;

  void tell();
  void taskFailed(kj::Exception&& e) override;
};

}  // namespace portreeve::resolver
