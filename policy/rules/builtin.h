// SPDX-License-Identifier: GPL-3.0-or-later
// The rules portreeve brings along, in the language people write theirs in. Each can be read with
// `portreeve rule list` and switched off by name: `[policy] builtin_off = ["…"]`.
#pragma once

#include "policy/rules/source.h"

#include <kj/string.h>

namespace portreeve::rules {

constexpr const char* KEEP_EXISTING_RULE = "sessions from before the start go on";
// Left out with `[policy] keep_existing = false`.

constexpr const char* ASK_DIRECTLY_RULE = "programs may ask the suite's resolver";
// Left out where another program listens on 127.0.0.1:53: questions to it are turned like others.

RuleSource builtinRules();   // layer BUILT_IN: asked before all others
RuleSource fallbackRules();  // layer DEFAULT: asked after all others, just before policy.default

}  // namespace portreeve::rules
