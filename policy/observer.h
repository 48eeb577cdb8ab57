// SPDX-License-Identifier: GPL-3.0-or-later
// What those entitled may see (proto/policy.capnp, Observer): connections, their stream, rules, and
// why. Changes nothing.
#pragma once

#include "common/accounts.h"
#include "policy/flow-table.h"
#include "policy/follow.h"
#include "policy/rule-store.h"
#include "proto/policy.capnp.h"

#include <kj/async.h>
#include <kj/function.h>

namespace portreeve::policy {

struct Observed {
  RuleStore& rules;
  FlowTable& flows;
  Followers& followers;
  const UserNames& users;
  kj::Function<kj::Promise<void>()>& refreshBytes;
  // Brings bytesIn and bytesOut of open flows up to date; bounded in time, never rejects.
};

proto::Observer::Client makeObserver(Observed observed);
// What `observed` refers to outlives it.

}  // namespace portreeve::policy
