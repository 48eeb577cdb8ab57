// SPDX-License-Identifier: GPL-3.0-or-later
// Finds the rules that can match a flow without looking at the others, so that a verdict costs the
// same with ten rules and with ten thousand.
//
// Each rule stands under the keys of one of its operands: of those that say what they want exactly
// (a path, a name, a port, …) the one that the fewest other rules share. A flow has a handful of
// keys; the rules under them, merged in the rules' order, are the candidates. Rules without such an
// operand (an expression, a scope, a protocol alone) are candidates always.
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

    void add(kj::ArrayPtr<const uint32_t> positions);
  };

  class Table {
    // From a key to the rules under it. Most keys of a flow have none: a bit map that stays in the
    // processor's cache says so, else one probe of a table without pointers finds them.
  public:
    void build(const std::unordered_map<uint64_t, Positions>& byKey);
    kj::ArrayPtr<const uint32_t> find(uint64_t key) const {
      if ((bits[(key & bitMask) / 64] >> key % 64 & 1) == 0) return nullptr;
      for (size_t at = key >> shift;; at = (at + 1) & (slots.size() - 1)) {
        auto& slot = slots[at];
        if (slot.count == 0) return nullptr;
        if (slot.key == key) return kj::arrayPtr(positions.data() + slot.first, slot.count);
      }
    }

  private:
    struct Slot {
      uint64_t key = 0;
      uint32_t first = 0;
      uint32_t count = 0;  // 0: free
    };
    std::vector<uint64_t> bits;
    uint64_t bitMask = 0;
    std::vector<Slot> slots;
    unsigned shift = 0;
    Positions positions;
  };

  kj::ArrayPtr<const Rule> rules;
  Table byKey;
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
  void use(uint32_t position, const OperandKeys& keys,
           std::unordered_map<uint64_t, Positions>& collected);
};

}  // namespace portreeve::rules
