// SPDX-License-Identifier: GPL-3.0-or-later
// Finds the rules that can match a flow without looking at the others, so that a verdict costs the
// same with ten rules and with ten thousand.
//
// Each rule stands under the keys of one of its operands: of those that say what they want exactly
// (a path, a name, a port, …) the one that the fewest other rules share. A flow has a handful of
// keys; the rules under them, merged in the rules' order, are the candidates. Rules without such an
// operand (an expression, a scope, a protocol alone) are candidates always.
#pragma once

#include "policy/rules/gate.h"
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
    // The first rule of those that can match for which `test` is true; nullptr: none. Rules that
    // say "no" by their gate are not tested.
    FlowKeys keys(facts, {used, prefixes});
    if (!keys.complete()) return firstOfAll(test);
    Lists lists(*this, keys.keys(), Gate::of(facts));
    while (const Entry* entry = lists.next())
      if (test(rules[entry->position])) return &rules[entry->position];
    return nullptr;
  }

private:
  struct Entry {
    uint32_t position;
    Gate gate;
  };
  using Positions = std::vector<uint32_t>;  // ascending
  using Entries = std::vector<Entry>;       // likewise

  class Lists {
    // Merges the lists of a flow's keys.
  public:
    Lists(const RuleIndex& index, kj::ArrayPtr<const uint64_t> keys, Gate flow);
    const Entry* next();  // nullptr: no more

  private:
    struct Cursor {
      const Entry* at;
      const Entry* end;

      void pass(Gate flow) {
        while (at != end && !at->gate.lets(flow)) at++;
      }
    };
    Gate flow;
    Cursor cursors[FlowKeys::MOST + 1];
    size_t count = 0;

    void add(kj::ArrayPtr<const Entry> entries);
  };

  class Table {
    // From a key to the rules under it. Most keys of a flow have none: a bit map that stays in the
    // processor's cache says so, else one probe of a table without pointers finds them.
  public:
    void build(const std::unordered_map<uint64_t, Positions>& byKey,
               kj::ArrayPtr<const Gate> gates);
    kj::ArrayPtr<const Entry> find(uint64_t key) const {
      if ((bits[(key & bitMask) / 64] >> key % 64 & 1) == 0) return nullptr;
      for (size_t at = key >> shift;; at = (at + 1) & (slots.size() - 1)) {
        auto& slot = slots[at];
        if (slot.count == 0) return nullptr;
        if (slot.key == key) return kj::arrayPtr(entries.data() + slot.first, slot.count);
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
    Entries entries;
  };

  kj::ArrayPtr<const Rule> rules;
  Table byKey;
  Entries always;
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
