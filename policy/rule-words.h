// SPDX-License-Identifier: GPL-3.0-or-later
// How a judgement names the rule that decided.
#pragma once

#include "policy/flow.h"

namespace portreeve::policy {

bool isDefault(const rules::Rule& rule);  // policy.default, or a profile's: nobody's rule

void name(Judgement& judgement, const rules::Rule& rule);
// Sets `rule` and `origin`: name and "file:line" or "built-in"; for policy.default no name and why.

}  // namespace portreeve::policy
