// SPDX-License-Identifier: GPL-3.0-or-later
// The one table of who may call which method of policy's bootstrap (proto/policy.capnp). Versions
// are for everybody whom the RPC server lets in: those here, and people (RpcServer,
// Admits::PEOPLE).
#pragma once

#include "common/peer.h"

namespace portreeve::policy {

enum class Method : uint8_t {
  ATTRIBUTED,
  NAMES,
  OBSERVE,
  EDIT,
  MINT_SESSION,
  REDEEM,
  RECORD,
  ATTACHMENT,
  GATE,
  TOKENS,
  OPEN_TOKEN,
  PROMPTS,
  MODES,
  STATUS,
  OWN_RULES
};

struct Standing {
  kj::Maybe<Role> role;  // a process of the suite has what its role has, whatever its groups
  bool root = false;
  bool admin = false;     // group portreeve-admin
  bool observer = false;  // group portreeve-observe
  bool person = false;    // an account that people log in with
};
Standing standingOf(const Entitlement& peer);

bool mayCall(const Standing& who, Method method);
void requireMay(const Entitlement& peer, Method method);
// Throws FAILED "not entitled: … is for …".

}  // namespace portreeve::policy
