// SPDX-License-Identifier: GPL-3.0-or-later
// From what was seen to rules that a person would write: few, and each readable. Pure.
//
// Per program, direction and what was done there is one rule for what had names and one for what
// had none; users, protocols and ports are what was seen. Several names below one are that name
// with what is below it; where too many are left, or addresses are many, the rule says where to
// only as far as it can: the scope, or nothing but the port. A rule may so cover more than was
// seen, never less.
#pragma once

#include "policy/modes/learned.h"

#include <kj/string.h>
#include <kj/vector.h>

namespace portreeve::policy {

struct Proposal {
  static constexpr size_t MOST_HOSTS = 12;  // names or addresses in one rule
  static constexpr size_t MOST_PORTS = 12;
  static constexpr size_t NAMES_BELOW = 3;  // so many below one name become that one

  kj::String name;
  kj::String toml;  // one [[rule]]
  size_t kinds = 0;
  LearnedCount count;
  kj::Vector<kj::String> examples;  // at most 3
};

kj::Vector<Proposal> propose(const LearnedKinds& kinds);
// The one that covers the most connections first. Names are unique among them.

}  // namespace portreeve::policy
