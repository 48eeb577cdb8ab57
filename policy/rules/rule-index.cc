// SPDX-License-Identifier: GPL-3.0-or-later
#include "policy/rules/rule-index.h"

#include <algorithm>
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
  for (uint32_t position : included) {
    KJ_IF_MAYBE (keys, rarest(rules[position], kinds, shares))
      use(position, *keys);
    else
      always.push_back(position);
  }
}

void RuleIndex::use(uint32_t position, const OperandKeys& keys) {
  used |= keys.kinds;
  for (uint64_t key : keys.keys) {
    auto& positions = byKey[key];
    // An operand may name a value twice.
    if (positions.empty() || positions.back() != position) positions.push_back(position);
  }
  for (uint8_t prefix : keys.prefixes)
    if (std::find(prefixes.begin(), prefixes.end(), prefix) == prefixes.end()) prefixes.add(prefix);
}

RuleIndex::Lists::Lists(const RuleIndex& index, kj::ArrayPtr<const uint64_t> keys) {
  add(index.always);
  for (uint64_t key : keys) {
    auto found = index.byKey.find(key);
    if (found != index.byKey.end()) add(found->second);
  }
}

void RuleIndex::Lists::add(const Positions& positions) {
  if (positions.empty()) return;
  cursors[count++] = Cursor{positions.data(), positions.data() + positions.size()};
}

const uint32_t* RuleIndex::Lists::next() {
  const uint32_t* least = nullptr;
  for (size_t i = 0; i < count; i++)
    if (least == nullptr || *cursors[i].at < *least) least = cursors[i].at;
  if (least == nullptr) return nullptr;
  uint32_t position = *least;
  for (size_t i = 0; i < count;) {
    auto& cursor = cursors[i];
    if (*cursor.at == position) cursor.at++;  // a rule may stand under several of the flow's keys
    if (cursor.at == cursor.end)
      cursor = cursors[--count];
    else
      i++;
  }
  return least;
}

}  // namespace portreeve::rules
