// SPDX-License-Identifier: GPL-3.0-or-later
#include "policy/rules/operands.h"

#include <algorithm>

namespace portreeve::rules {
namespace {

class NotOperand final : public Operand {
public:
  explicit NotOperand(kj::Vector<kj::Own<Operand>> operands)
      : Operand("not", Cost::NESTED), operands(kj::mv(operands)) {}

  Match test(const FlowFacts& facts) const override { return negated(testAll(operands, facts)); }

  kj::String wanted() const override {
    return describe([](const Operand& operand) { return operand.wanted(); });
  }
  kj::String found(const FlowFacts& facts) const override {
    return describe([&](const Operand& operand) { return operand.found(facts); });
  }

  bool covers(const Operand& other) const override {
    // "Not A" covers "not B" where B covers A: each operand of B must cover one of A's.
    if (key != other.key) return false;
    for (auto& theirs : static_cast<const NotOperand&>(other).operands)
      if (!coversOneOfOurs(*theirs)) return false;
    return true;
  }

private:
  kj::Vector<kj::Own<Operand>> operands;

  template <typename Value>
  kj::String describe(Value value) const {
    return kj::strArray(
        KJ_MAP(operand, operands) { return kj::str(operand->key, ' ', value(*operand)); }, " and ");
  }

  bool coversOneOfOurs(const Operand& theirs) const {
    for (auto& ours : operands)
      if (theirs.covers(*ours)) return true;
    return false;
  }
};

}  // namespace

kj::Own<Operand> notOperand(kj::Vector<kj::Own<Operand>> operands) {
  sortByCost(operands);
  return kj::heap<NotOperand>(kj::mv(operands));
}

Match testAll(const kj::Vector<kj::Own<Operand>>& operands, const FlowFacts& facts) {
  Match result = Match::YES;
  for (auto& operand : operands) {
    result = both(result, operand->test(facts));
    if (result == Match::NO) return result;
  }
  return result;
}

void sortByCost(kj::Vector<kj::Own<Operand>>& operands) {
  std::stable_sort(
      operands.begin(), operands.end(),
      [](const kj::Own<Operand>& a, const kj::Own<Operand>& b) { return a->cost < b->cost; });
}

}  // namespace portreeve::rules
