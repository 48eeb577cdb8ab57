// SPDX-License-Identifier: GPL-3.0-or-later
// One compiled operand of a rule ("port = 443"). How to add one: a class in the operands-….cc whose
// facts it reads, a factory in operands.h, a row in the table of parse-operands.cc, a paragraph in
// docs/rules.md, a good and a bad file in tests/fixtures/rules.
#pragma once

#include "policy/rules/facts.h"
#include "policy/rules/gate.h"
#include "policy/rules/index-keys.h"

#include <kj/memory.h>
#include <kj/string.h>
#include <kj/vector.h>

#include <cstdint>

namespace portreeve::rules {

enum class Match : uint8_t { NO, MAYBE, YES };
// MAYBE: hangs on a fact that is not known yet. "And" is the smallest, "or" the largest, NOT
// mirrors.

constexpr Match both(Match a, Match b) {
  return a < b ? a : b;
}
constexpr Match either(Match a, Match b) {
  return a < b ? b : a;
}
constexpr Match negated(Match a) {
  return static_cast<Match>(2 - static_cast<uint8_t>(a));
}
constexpr Match toMatch(bool matches) {
  return matches ? Match::YES : Match::NO;
}

enum class Cost : uint8_t { COMPARE, RANGES, TEXT, NESTED };
// How dear a test is: operands of a rule are tested cheap ones first.

class WeekTime;

class Operand {
public:
  Operand(kj::StringPtr operandKey, Cost operandCost) : key(operandKey), cost(operandCost) {}
  virtual ~Operand() noexcept(false) = default;
  KJ_DISALLOW_COPY(Operand);

  virtual Match test(const FlowFacts& facts) const = 0;
  // Pure; allocates nothing.

  virtual kj::String wanted() const = 0;  // its value as one writes it: "80, 8000-8100"
  virtual kj::String found(const FlowFacts& facts) const = 0;  // what the flow has there: "443"

  virtual kj::Maybe<const WeekTime&> weekTime() const { return nullptr; }
  // Where it hangs on the time of the week.

  virtual bool hangsOnCircumstances() const { return false; }

  virtual const DomainFact* namedBy(const FlowFacts&) const { return nullptr; }
  // The name that made it match, where it is about names; one of facts.domains.

  virtual bool covers(const Operand& other) const = 0;
  // True only if provably each flow that matches `other` (of any key) matches this one. False
  // promises nothing.

  virtual kj::ArrayPtr<const kj::Vector<kj::Own<Operand>>> nested() const { return nullptr; }
  // Of any-of its alternatives, of not its one table of operands: for reasoning and for walking.

  virtual void narrow(Gate&) const {}
  // Takes out what it says "no" to, whatever else the flow is.

  virtual void addKeys(OperandKeys&) const {}
  // What it can be found by (rule-index.h): a flow that matches has at least one of these keys.
  // None: it has to be tested with every flow.

  const kj::StringPtr key;  // "process.path": static text
  const Cost cost;
};

}  // namespace portreeve::rules
