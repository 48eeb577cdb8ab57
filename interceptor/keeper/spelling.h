// SPDX-License-Identifier: GPL-3.0-or-later
// iptables-save spells and orders the parts of a rule its own way (0x6ae for 1710, "-m udp" behind
// "-p udp"). To tell whether what an earlier keeper loaded is what this one would load, both are
// brought to one spelling. A pure function.
#pragma once

#include "interceptor/keeper/saved-rules.h"

namespace portreeve::keeper {

kj::String commonSpelling(kj::StringPtr rule);
// Of an -A or -I command, ours or a saved one. Two rules that say the same give the same text.

bool holdsExactly(const OwnRules& present, const Ruleset& ruleset);
// All of `ruleset` is there, each chain in its order, nothing more of ours, and nothing of others
// in front. False also where iptables spells something in a way not known here: load() then just
// puts them in anew.

}  // namespace portreeve::keeper
