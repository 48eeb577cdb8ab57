// SPDX-License-Identifier: GPL-3.0-or-later
// Server names by the suite's resolver, over RPC: no packet of the question's passes the firewall
// on its way there, and no answer from outside is parsed here.
#pragma once

#include "common/rpc-client.h"
#include "gate17/server-names.h"

#include <kj/async-io.h>
#include <kj/timer.h>

namespace portreeve::gate17 {

class SuiteNames final : public ServerNames {
public:
  SuiteNames(kj::LowLevelAsyncIoProvider& provider, kj::Timer& timer, kj::StringPtr resolverSocket);
  KJ_DISALLOW_COPY(SuiteNames);

  kj::Promise<Found> find(kj::StringPtr name, Freshness freshness) override;

private:
  kj::Timer& timer;
  PeerConnection resolver;
};

}  // namespace portreeve::gate17
