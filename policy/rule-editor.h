// SPDX-License-Identifier: GPL-3.0-or-later
// Changing the suite's own rules (proto/policy.capnp, RuleEditor). Each change is logged with who
// made it.
#pragma once

#include "common/peer.h"
#include "policy/modes/modes.h"
#include "policy/rule-store.h"
#include "proto/policy.capnp.h"

namespace portreeve::policy {

proto::RuleEditor::Client makeRuleEditor(RuleStore& rules, Modes& modes, const Peer& who);
proto::RuleEditor::Client makeOwnRuleEditor(RuleStore& rules, const Peer& who);
// The caller's own rules, told by his uid. `rules` outlives both.

}  // namespace portreeve::policy
