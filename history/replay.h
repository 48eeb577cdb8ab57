// SPDX-License-Identifier: GPL-3.0-or-later
// The past through another set of rules: which verdicts would have been others. For the reader's
// thread; a pure function of a database and a rule set.
//
// What was recorded is judged as it was known then: with the names that had been given out. User
// and group are by number. A rule's hits and `once` play no part; time is now, so that a rule that
// has ended matches nothing, but a rule over hours and days is asked about the time then.
#pragma once

#include "common/accounts.h"
#include "history/queries.h"
#include "policy/rules/rule-set.h"

namespace portreeve::history {

constexpr size_t MOST_CHANGES = 1000;

struct Span {
  int64_t since = 0, until = 0;  // ms; 0: any
};

Answer replay(Database& database, const rules::RuleSet& set, Span span, const Accounts& accounts);
// view::ReplayOutcome

}  // namespace portreeve::history
