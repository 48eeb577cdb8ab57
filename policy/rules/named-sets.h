// SPDX-License-Identifier: GPL-3.0-or-later
// The values that files of rules name in their [sets] and use as "@name". A set of one file serves
// all of them.
#pragma once

#include "policy/rules/source.h"

#include <kj/memory.h>
#include <kj/string.h>
#include <kj/vector.h>

namespace portreeve::rules {

class NamedSets {
public:
  enum Completeness { COMPLETE, OTHERS_UNKNOWN };
  // OTHERS_UNKNOWN: one file of several is looked at; what it does not name itself may be
  // another's.

  explicit NamedSets(Completeness completeness = COMPLETE);
  ~NamedSets() noexcept(false);
  KJ_DISALLOW_COPY(NamedSets);

  void read(const RuleSource& source, kj::Vector<Problem>& problems);
  // The [sets] of a file. What is no TOML has none: the parser of its rules says so. A name that is
  // there already is a problem.

  bool complete() const { return completeness == COMPLETE; }
  kj::Array<kj::StringPtr> names() const;

  struct Parts;
  const Parts& all() const { return *parts; }  // for toml-value.cc

private:
  Completeness completeness;
  kj::Own<Parts> parts;
};

}  // namespace portreeve::rules
