// SPDX-License-Identifier: GPL-3.0-or-later
// Finds the rules that can match a flow without looking at the others, so that a verdict costs the
// same with ten rules and with ten thousand.
//
// Each rule stands under the keys of one of its operands: of those that say what they want exactly
// (a path, a name, a port, …) the one that the fewest other rules share. A flow has a handful of
// keys; the rules under them, merged in the rules' order, are the candidates. Rules without such an
// operand (a pattern, a scope, a protocol alone) are candidates always.
#pragma once

#include "policy/rules/index-keys.h"
#include "policy/rules/rule.h"

#include <kj/array.h>
#include <kj/function.h>
#include <kj/vector.h>

#include <cstdint>
#include <unordered_map>
#include <vector>

namespace portreeve::rules {

class RuleIndex {
public:
  using Includes = kj::FunctionParam<bool(const Rule&)>;

  RuleIndex(kj::ArrayPtr<const Rule> rules, KeyKinds kinds, Includes includes);
  // Keys of other kinds are not used. `rules` outlives the index.

  template <typename Test>
  const Rule* firstOf(const FlowFacts& facts, Test&& test) const {
    // The first rule of those that can match for which `test` is true; nullptr: none.
    FlowKeys keys(facts, {used, prefixes});
    if (!keys.complete()) return firstOfAll(test);
    Lists lists(*this, keys.keys());
    while (const uint32_t* position = lists.next())
      if (test(rules[*position])) return &rules[*position];
    return nullptr;
  }

private:
  using Positions = std::vector<uint32_t>;  // ascending

  class Lists {
    // Merges the lists of a flow's keys.
  public:
    Lists(const RuleIndex& index, kj::ArrayPtr<const uint64_t> keys);
    const uint32_t* next();  // nullptr: no more

  private:
    struct Cursor {
      const uint32_t* at;
      const uint32_t* end;
    };
    Cursor cursors[FlowKeys::MOST + 1];
    size_t count = 0;

    void add(const Positions& positions);
  };

  kj::ArrayPtr<const Rule> rules;
  std::unordered_map<uint64_t, Positions> byKey;
  Positions always;
  Positions included;
  KeyKinds used = 0;
  kj::Vector<uint8_t> prefixes;

  template <typename Test>
  const Rule* firstOfAll(Test&& test) const {
    for (uint32_t position : included)
      if (test(rules[position])) return &rules[position];
    return nullptr;
  }
  void use(uint32_t position, const OperandKeys& keys);
};

}  // namespace portreeve::rules
