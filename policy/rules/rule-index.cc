// SPDX-License-Identifier: GPL-3.0-or-later
#include "policy/rules/rule-index.h"

#include <algorithm>
#include <bit>
#include <limits>

namespace portreeve::rules {
namespace {

using Shares = std::unordered_map<uint64_t, size_t>;  // under how many rules a key stands

OperandKeys keysOf(const Operand& operand, KeyKinds kinds) {
  OperandKeys keys(kinds);
  operand.addKeys(keys);
  return keys;
}

size_t mostShared(const OperandKeys& keys, const Shares& shares) {
  size_t most = 0;
  for (uint64_t key : keys.keys) most = std::max(most, shares.at(key));
  return most;
}

kj::Maybe<OperandKeys> rarest(const Rule& rule, KeyKinds kinds, const Shares& shares) {
  kj::Maybe<OperandKeys> best;
  size_t fewest = std::numeric_limits<size_t>::max();
  for (auto& operand : rule.operands) {
    auto keys = keysOf(*operand, kinds);
    if (!keys.good()) continue;
    size_t most = mostShared(keys, shares);
    if (most >= fewest) continue;
    fewest = most;
    best = kj::mv(keys);
  }
  return best;
}

Gate gateOf(const Rule& rule) {
  auto gate = Gate::open();
  for (auto& operand : rule.operands) operand->narrow(gate);
  return gate;
}

}  // namespace

RuleIndex::RuleIndex(kj::ArrayPtr<const Rule> rules, KeyKinds kinds, Includes includes)
    : rules(rules) {
  Shares shares;
  for (uint32_t i = 0; i < rules.size(); i++) {
    if (!includes(rules[i])) continue;
    included.push_back(i);
    for (auto& operand : rules[i].operands) {
      auto keys = keysOf(*operand, kinds);
      for (uint64_t key : keys.keys) shares[key]++;
    }
  }
  auto gates = KJ_MAP(rule, rules) {
    return gateOf(rule);
  };
  std::unordered_map<uint64_t, Positions> collected;
  for (uint32_t position : included) {
    KJ_IF_MAYBE (keys, rarest(rules[position], kinds, shares))
      use(position, *keys, collected);
    else
      always.push_back(Entry{position, gates[position]});
  }
  byKey.build(collected, gates);
}

void RuleIndex::use(uint32_t position, const OperandKeys& keys,
                    std::unordered_map<uint64_t, Positions>& collected) {
  used |= keys.kinds;
  for (uint64_t key : keys.keys) {
    auto& positions = collected[key];
    // An operand may name a value twice.
    if (positions.empty() || positions.back() != position) positions.push_back(position);
  }
  for (uint8_t prefix : keys.prefixes)
    if (std::find(prefixes.begin(), prefixes.end(), prefix) == prefixes.end()) prefixes.add(prefix);
}

void RuleIndex::Table::build(const std::unordered_map<uint64_t, Positions>& byKey,
                             kj::ArrayPtr<const Gate> gates) {
  constexpr size_t BITS_A_KEY = 16;
  unsigned power = unsigned(std::bit_width(2 * byKey.size() + 1));
  slots.resize(size_t(1) << power);
  shift = 64 - power;
  bitMask = std::bit_ceil(std::max<size_t>(64, BITS_A_KEY * byKey.size())) - 1;
  bits.resize((bitMask + 1) / 64);
  for (auto& [key, under] : byKey) {
    bits[(key & bitMask) / 64] |= uint64_t(1) << key % 64;
    size_t at = key >> shift;
    while (slots[at].count != 0) at = (at + 1) & (slots.size() - 1);
    slots[at] = Slot{key, uint32_t(entries.size()), uint32_t(under.size())};
    for (uint32_t position : under) entries.push_back(Entry{position, gates[position]});
  }
}

RuleIndex::Lists::Lists(const RuleIndex& index, kj::ArrayPtr<const uint64_t> keys, Gate flow)
    : flow(flow) {
  add(kj::arrayPtr(index.always.data(), index.always.size()));
  for (uint64_t key : keys) {
    add(index.byKey.find(key));
  }
}

void RuleIndex::Lists::add(kj::ArrayPtr<const Entry> entries) {
  Cursor cursor{entries.begin(), entries.end()};
  cursor.pass(flow);
  if (cursor.at != cursor.end) cursors[count++] = cursor;
}

const RuleIndex::Entry* RuleIndex::Lists::next() {
  const Entry* least = nullptr;
  for (size_t i = 0; i < count; i++)
    if (least == nullptr || cursors[i].at->position < least->position) least = cursors[i].at;
  if (least == nullptr) return nullptr;
  uint32_t position = least->position;
  for (size_t i = 0; i < count;) {
    auto& cursor = cursors[i];
    if (cursor.at->position == position) {
      // A rule may stand under several of the flow's keys.
      cursor.at++;
      cursor.pass(flow);
    }
    if (cursor.at == cursor.end)
      cursor = cursors[--count];
    else
      i++;
  }
  return least;
}

}  // namespace portreeve::rules
