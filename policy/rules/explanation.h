// SPDX-License-Identifier: GPL-3.0-or-later
// The parts of an explanation (proto/view.capnp) that are the same for a connection of now, of the
// past, and an imagined one.
#pragma once

#include "policy/rules/rule-set.h"
#include "proto/view.capnp.h"

#include <kj/string.h>

namespace portreeve::rules {

void fillDecision(const RuleSet& set, const Decision& decision, const Trace& trace,
                  proto::view::Explanation::Builder explanation);
// Each rule that was considered, and the one that decided. Both are of `set`.

void fillLists(kj::StringPtr folder, kj::StringPtr domain,
               proto::view::Explanation::Builder explanation);
// The compiled lists of that folder that have the domain (empty: none), and the entry.

kj::StringPtr fateOf(kj::StringPtr action);
// What became of a connection: "allowed" of "allow", … (common/marks.h, actionText).

}  // namespace portreeve::rules
