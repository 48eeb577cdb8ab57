// SPDX-License-Identifier: GPL-3.0-or-later
// Which rules were asked on the way to a decision, and why each of them did not match.
#pragma once

#include "policy/rules/rule.h"

#include <kj/string.h>
#include <kj/vector.h>

#include <cstdint>

namespace portreeve::rules {

struct Considered {
  const Rule* rule;
  bool matched;
  kj::String failed;  // "port: wants 443, has 80"; empty where it matched
};

struct Trace {
  kj::Vector<Considered> considered;  // in order, the deciding rule last

  void add(const Rule& rule, bool matched, const FlowFacts& facts, uint64_t nowWallNs);
  // `rule` outlives it.
};

}  // namespace portreeve::rules
