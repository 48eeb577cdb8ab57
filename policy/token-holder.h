// SPDX-License-Identifier: GPL-3.0-or-later
// What a person may do with tokens, and what the gateway gets for one (proto/token.capnp,
// proto/policy.capnp).
#pragma once

#include "common/accounts.h"
#include "policy/token-store.h"
#include "proto/policy.capnp.h"

namespace portreeve::policy {

struct TokenHolder {
  uid_t uid;                // his tokens; root sees and revokes all
  proto::SessionRole most;  // the highest role he may give
  bool mayChange = true;    // else he sees them alone: a session that observes
};

proto::Tokens::Client makeTokens(TokenStore& tokens, const UserNames& users, TokenHolder holder);
proto::TokenValidity::Client makeValidity(TokenStore& tokens, uint32_t id);
// Both: the references outlive it.

}  // namespace portreeve::policy
