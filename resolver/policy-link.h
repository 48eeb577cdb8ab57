// SPDX-License-Identifier: GPL-3.0-or-later
// The resolver's tie to policy: its NameJudge, while policy is there. Each policy that is newly
// dialled is first told what is remembered, then how to ask back; only then does it judge.
#pragma once

#include "common/asker-table.h"
#include "common/retold-table.h"
#include "common/rpc-client.h"
#include "proto/policy.capnp.h"
#include "resolver/name-memory.h"

#include <kj/async.h>
#include <kj/function.h>

namespace portreeve::resolver {

class Judge {
public:
  virtual kj::Promise<proto::NameJudge::Client> whenThere() = 0;
  // At once while policy is there, else when it comes; that may be never. Dropping the promise is
  // free.

  virtual kj::Maybe<proto::NameJudge::Client> present() = 0;
  // Nullptr while policy is away.

  virtual kj::Maybe<const AskerTableReader&> askers() = 0;
  // Of the policy that is there. Nullptr: there is none, or it gives none.

protected:
  ~Judge() = default;
};

class PolicyLink final : public Judge {
public:
  PolicyLink(kj::LowLevelAsyncIoProvider& provider, kj::Timer& timer, kj::StringPtr policySocket,
             NameMemory& memory, const RetoldTableWriter& retold);
  KJ_DISALLOW_COPY(PolicyLink);

  kj::Promise<proto::NameJudge::Client> whenThere() override;
  kj::Maybe<proto::NameJudge::Client> present() override;
  kj::Maybe<const AskerTableReader&> askers() override;
  bool connected() const { return peer.connected(); }

  using OnPolicy = kj::Function<void(proto::Policy::Client)>;
  void onPolicy(OnPolicy callback) { meeting = kj::mv(callback); }
  // Called with each policy that is newly dialled, before it judges. Set before the loop turns.

private:
  NameMemory& memory;
  const RetoldTableWriter& retold;
  kj::Maybe<proto::NameJudge::Client> judge;
  kj::Maybe<kj::Own<AskerTableReader>> table;
  kj::Maybe<OnPolicy> meeting;
  kj::Maybe<kj::ForkedPromise<void>> coming;  // one promise for all who wait
  PeerConnection peer;                        // last: it calls `establish`

  kj::Promise<void> establish(proto::Policy::Client policy);
  kj::Promise<void> takeTable(proto::NameJudge::Client from);
};

proto::NameLookup::Client makeNameLookup(NameMemory& memory);
// `memory` outlives what is returned.

kj::Promise<void> replay(NameMemory& memory, proto::NameJudge::Client judge);
// Tells all that is remembered now, oldest first; resolves when policy has taken it in.

}  // namespace portreeve::resolver
