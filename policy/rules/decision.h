// SPDX-License-Identifier: GPL-3.0-or-later
// What the rules say of a flow, and which of two decisions is the stricter.
#pragma once

#include "policy/rules/rule.h"

#include <kj/string.h>

namespace portreeve::rules {

struct Decision {
  proto::Verdict verdict = proto::Verdict::DROP;  // permanent, unless the rule is for once
  const Rule* rule = nullptr;                     // never null; lives as long as the set
  kj::StringPtr domain;  // the name that matched, else the nearest one known, else empty; borrowed
                         // from the facts
  kj::Maybe<NameSource> named;  // who had asked for `domain`
};

Decision decisionOf(const Rule& rule, const FlowFacts& facts);
// Where that rule decides.

Decision stricter(const Decision& out, const Decision& in);
// Of a loopback flow's two decisions, the one that lets less through: drop, block, ask, nameserver,
// gate17, allow; then of "no" the one for good, of "yes" the one for once; `out` on a tie.

bool tightens(const Rule& rule, const Decision& decision);
// Whether the rule blocks or drops, and lets less through than what was decided.

}  // namespace portreeve::rules
