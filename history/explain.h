// SPDX-License-Identifier: GPL-3.0-or-later
// Why one connection of the past was judged so: what was decided then, and each rule that a rule
// set of now considers. For the reader's thread; a pure function of a database and a rule set.
#pragma once

#include "common/accounts.h"
#include "history/queries.h"
#include "policy/rules/rule-set.h"

#include <cstdint>

namespace portreeve::history {

Answer explain(Database& database, const rules::RuleSet& set, int64_t connection, int64_t openLife,
               const Accounts& accounts, kj::StringPtr listFolder);
// view::Explanation. `connection` is its id in the history. Throws FAILED in words where that is
// not known.

}  // namespace portreeve::history
