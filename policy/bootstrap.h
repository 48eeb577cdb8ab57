// SPDX-License-Identifier: GPL-3.0-or-later
// What a peer of policy.sock gets: each method hands out one narrow capability, and only to those
// in the table of entitlements.h.
#pragma once

#include "common/peer.h"
#include "policy/history-stream.h"
#include "policy/modes/mode-server.h"
#include "policy/observer.h"
#include "policy/prompts/prompts.h"
#include "policy/session-secrets.h"
#include "policy/token-store.h"
#include "proto/policy.capnp.h"

#include <kj/function.h>

namespace portreeve::policy {

struct BootstrapParts {
  RuleStore& rules;
  FlowTable& flows;
  Followers& followers;
  SessionSecrets& secrets;
  TokenStore& tokens;
  const UserNames& users;
  kj::Function<void(proto::view::ProcessStatus::Builder)> fillStatus;
  kj::Function<proto::RingSocket::Client()> attributed;
  kj::Function<proto::NameJudge::Client()> names;
  kj::Function<kj::Promise<void>()> refreshBytes;  // as in Observed
  HistoryStream& history;
  kj::Function<proto::Routes::Client(proto::RouteWatcher::Client)> gate;
  Prompts& prompts;
  Modes& modes;
  Learned& learned;
  kj::Function<kj::Promise<void>()> askForLists;  // as in Edited
};

proto::Policy::Client makeBootstrap(BootstrapParts& parts, Entitlement peer);
// `parts` outlives it.

}  // namespace portreeve::policy
