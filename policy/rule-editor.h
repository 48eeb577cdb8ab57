// SPDX-License-Identifier: GPL-3.0-or-later
// Changing the suite's own rules (proto/policy.capnp, RuleEditor). Each change is logged with who
// made it.
#pragma once

#include "common/peer.h"
#include "policy/modes/modes.h"
#include "policy/rule-store.h"
#include "proto/policy.capnp.h"

namespace portreeve::policy {

struct Edited {
  // All outlive the editor.
  RuleStore& rules;
  Modes& modes;
  kj::Function<kj::Promise<void>()>& askForLists;  // resolves when that is on the disk
};

proto::RuleEditor::Client makeRuleEditor(Edited edited, const Peer& who);
proto::RuleEditor::Client makeOwnRuleEditor(RuleStore& rules, const Peer& who);
// The caller's own rules, told by his uid. `rules` outlives it.

}  // namespace portreeve::policy
