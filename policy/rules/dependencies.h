// SPDX-License-Identifier: GPL-3.0-or-later
// What the decisions of a set of rules hang on that costs something to find out: where no rule is
// about it, nobody has to.
#pragma once

#include "policy/rules/rule.h"
#include "policy/rules/week-time.h"

#include <kj/array.h>
#include <kj/vector.h>

namespace portreeve::rules {

struct Dependencies {
  // Of the operands of all rules, nested ones too.
  explicit Dependencies(kj::ArrayPtr<const Rule> rules);
  // `rules` outlive it.

  bool examination = false;    // of a program's file: sha256, package
  bool instances = false;      // single processes
  bool circumstances = false;  // profile and networks
  kj::Vector<const WeekTime*> weekTimes;

private:
  void add(const Operand& operand);
};

}  // namespace portreeve::rules
