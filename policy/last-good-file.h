// SPDX-License-Identifier: GPL-3.0-or-later
// The rule files that were in force last, kept by policy for itself: should it have to start again
// while somebody's file is bad, the machine is guarded as before.
#pragma once

#include "policy/rule-files.h"

namespace portreeve::policy {

constexpr kj::StringPtr LAST_GOOD_FILE = "last-good.toml"_kj;

kj::String lastGoodText(kj::ArrayPtr<const rules::RuleSource> sources);
RuleSources parseLastGood(kj::StringPtr path, kj::StringPtr text);
// Throws FAILED "path: …" when it is not what `lastGoodText` writes.

}  // namespace portreeve::policy
