// SPDX-License-Identifier: GPL-3.0-or-later
// The table `process` of a rule.
#pragma once

#include "policy/rules/parse-rows.h"

#include <kj/string.h>

namespace portreeve::rules {

void parseProcess(const Site& site);
bool isOfProcess(kj::StringPtr key);  // it stands in that table

}  // namespace portreeve::rules
