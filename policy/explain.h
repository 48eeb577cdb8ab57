// SPDX-License-Identifier: GPL-3.0-or-later
// Why a connection was decided as it was, or how one that need not exist would be.
#pragma once

#include "common/accounts.h"
#include "policy/flow-table.h"
#include "policy/rules/rule-set.h"
#include "proto/policy.capnp.h"

namespace portreeve::policy {

struct ExplainFrom {
  const rules::RuleSet& rules;
  const FlowTable& flows;
  const UserNames& users;
  kj::StringPtr listFolder;  // of compiled lists
};

void explain(proto::Question::Reader question, ExplainFrom from, uint64_t nowWallNs,
             proto::view::Explanation::Builder explanation);
// By id: what was recorded, and what the rules now in force say of the same facts (`considered`,
// `deciding`); where the two differ the words say so. Else the facts that the question names; what
// it does not name is unknown, and rules that hang on it do not match (the words name the first).
// Throws FAILED when the id is not known (any more), or a text is no address or user.

}  // namespace portreeve::policy
