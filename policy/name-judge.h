// SPDX-License-Identifier: GPL-3.0-or-later
// What the resolver holds of policy (proto/policy.capnp, NameJudge): may this client have that
// name, and what was answered.
#pragma once

#include "policy/askers.h"
#include "policy/deciding.h"
#include "policy/flow-table.h"
#include "policy/name-lookups.h"
#include "policy/name-table.h"
#include "policy/self-probe.h"
#include "proto/policy.capnp.h"

#include <kj/async.h>
#include <kj/function.h>

#include <cstdint>

namespace portreeve::policy {

class NameJudges {
public:
  using FindProcess = kj::Function<kj::Promise<kj::Own<Program>>(const Tuple& localFirst)>;
  // Asks the attributor for whoever holds that socket now; may reject.

  struct Counters {
    uint64_t asked = 0;
    uint64_t refused = 0;
    uint64_t unknownAskers = 0;  // no packet of theirs was seen
    uint64_t answers = 0;
  };

  NameJudges(kj::Timer& timer, FlowTable& flows, Askers& askers, NameTable& names,
             NameLookups& lookups, SelfProbe& probe, Deciding::InForce inForce,
             FindProcess findProcess);
  KJ_DISALLOW_COPY(NameJudges);

  proto::NameJudge::Client make();
  // For the resolver's uid alone: whoever calls has seen to it.

  using OnAsked = kj::Function<void(const Program& asker, kj::StringPtr name, uint16_t type,
                                    bool refused, kj::StringPtr rule)>;
  void onAsked(OnAsked callback) { tellAsked = kj::mv(callback); }
  // Called for each name that was judged, behind the judgement.

  const Counters& counters() const { return counts; }

private:
  class Server;

  kj::Timer& timer;
  FlowTable& flows;
  Askers& askers;
  NameTable& names;
  NameLookups& lookups;
  SelfProbe& probe;
  Deciding::InForce inForce;
  FindProcess findProcess;
  Counters counts;
  kj::Maybe<OnAsked> tellAsked;

  kj::Promise<kj::Maybe<kj::Own<Program>>> askerOf(const Tuple& client);
  Tuple queryOf(const Tuple& client);
};

}  // namespace portreeve::policy
