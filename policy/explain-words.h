// SPDX-License-Identifier: GPL-3.0-or-later
// The sentences of `portreeve explain`.
#pragma once

#include "common/accounts.h"
#include "policy/flow.h"
#include "policy/rules/rule-set.h"

#include <kj/string.h>

namespace portreeve::policy {

kj::String wordsOf(const Flow& flow, const rules::Decision& now, const UserNames& users);
// Of a recorded flow; `now` is what the rules in force say.

kj::String wordsOf(const rules::FlowFacts& facts, const rules::Decision& decision,
                   kj::Maybe<const rules::Rule&> couldDecide, const UserNames& users);
// Of one that need not exist. `couldDecide`: a rule that hangs on what was not said.

kj::String nameWords(kj::StringPtr domain, const rules::NameDecision& decision);
// The DNS stage.

}  // namespace portreeve::policy
