// SPDX-License-Identifier: GPL-3.0-or-later
#include "policy/rules/operands.h"

#include <algorithm>

namespace portreeve::rules {
namespace {

using Operands = kj::Vector<kj::Own<Operand>>;

class NotOperand final : public Operand {
public:
  explicit NotOperand(Operands operands)
      : Operand("not", Cost::NESTED), operands(kj::mv(operands)) {}

  kj::ArrayPtr<const Operands> nested() const override { return kj::arrayPtr(&operands, 1); }

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
  Operands operands;

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

class AnyOfOperand final : public Operand {
public:
  explicit AnyOfOperand(kj::Vector<Operands> alternatives)
      : Operand("any-of", Cost::NESTED), alternatives(kj::mv(alternatives)) {}

  kj::ArrayPtr<const Operands> nested() const override { return alternatives; }

  Match test(const FlowFacts& facts) const override {
    Match result = Match::NO;
    for (auto& operands : alternatives) {
      result = either(result, testAll(operands, facts));
      if (result == Match::YES) return result;
    }
    return result;
  }

  kj::String wanted() const override {
    return describe([](const Operand& operand) { return operand.wanted(); });
  }
  kj::String found(const FlowFacts& facts) const override {
    return describe([&](const Operand& operand) { return operand.found(facts); });
  }

  const DomainFact* namedBy(const FlowFacts& facts) const override {
    for (auto& operands : alternatives) {
      if (testAll(operands, facts) != Match::YES) continue;
      for (auto& operand : operands)
        if (const DomainFact* fact = operand->namedBy(facts)) return fact;
    }
    return nullptr;
  }

  bool covers(const Operand& other) const override {
    for (auto& operands : alternatives)
      if (operands.size() == 1 && operands[0]->covers(other)) return true;
    return false;
  }

  void addKeys(OperandKeys& keys) const override {
    for (auto& operands : alternatives) addKeysOf(operands, keys);
  }

private:
  kj::Vector<Operands> alternatives;

  static void addKeysOf(const Operands& operands, OperandKeys& keys) {
    // One operand of each alternative is enough to find it.
    for (auto& operand : operands) {
      OperandKeys own(keys.wantedKinds());
      operand->addKeys(own);
      if (own.good()) return keys.addAll(own);
    }
    keys.giveUp();
  }

  template <typename Value>
  kj::String describe(Value value) const {
    return kj::strArray(
        KJ_MAP(operands, alternatives) {
          return kj::strArray(
              KJ_MAP(operand, operands) { return kj::str(operand->key, ' ', value(*operand)); },
              " and ");
        },
        ", or ");
  }
};

}  // namespace

kj::Own<Operand> anyOfOperand(kj::Vector<kj::Vector<kj::Own<Operand>>> alternatives) {
  for (auto& operands : alternatives) sortByCost(operands);
  return kj::heap<AnyOfOperand>(kj::mv(alternatives));
}

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
