// SPDX-License-Identifier: GPL-3.0-or-later
// Connections that exist before the rules do: listed, judged and marked in conntrack, so that
// loading the rules cuts nobody off.
#pragma once

#include "policy/arrival.h"
#include "policy/attributor-link.h"
#include "policy/conntrack-walk.h"
#include "policy/deciding.h"
#include "policy/earlier-sessions.h"
#include "policy/flow-table.h"
#include "policy/kernel-acts.h"
#include "policy/program-cache.h"

#include <kj/async.h>

namespace portreeve::policy {

class ExistingFlows {
public:
  struct Parts {
    ProgramCache& programs;
    Headings& headings;
    FlowTable& flows;
    Deciding& deciding;
    ConntrackWalk& walk;
    KernelActs& kernel;
    EarlierSessions& earlier;
  };

  ExistingFlows(Parts parts, AttributorLink& attributor);
  KJ_DISALLOW_COPY(ExistingFlows);

  kj::Promise<void> begin(bool rulesPresent);
  // To be awaited before the rules are loaded. Where they are there already (policy or interceptor
  // has come back), flows are restored from conntrack. Rejects with DISCONNECTED when a peer goes
  // meanwhile.

private:
  Parts parts;
  AttributorLink& attributor;

  kj::Promise<KnownSockets> list();
  kj::Promise<void> listFrom(uint64_t after, KnownSockets& known);
};

void addExisting(capnp::List<proto::Attributed>::Reader existing, ProgramCache& programs,
                 Headings& headings, KnownSockets& known);

kj::Promise<void> judgeExisting(KnownSockets known, FlowTable& flows, Deciding& deciding,
                                ConntrackWalk& walk, KernelActs& kernel, EarlierSessions& earlier);
// Queries to other hosts' name servers are not kept: their entries are deleted, so that the next
// packet meets nat. UDP conversations of unconnected sockets are noted in `earlier`.

}  // namespace portreeve::policy
