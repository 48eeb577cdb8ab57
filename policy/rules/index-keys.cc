// SPDX-License-Identifier: GPL-3.0-or-later
#include "policy/rules/index-keys.h"

#include <functional>
#include <string_view>

namespace portreeve::rules {
namespace {

constexpr uint64_t SPREAD = 0x9e3779b97f4a7c15;  // 2^64 / golden ratio: Fibonacci hashing

uint64_t tagged(KeyKind kind, uint64_t hash) {
  // Both its lowest and its highest bits are used (rule-index.h).
  uint64_t mixed = (hash ^ uint64_t(kind)) * SPREAD;
  return (mixed ^ mixed >> 32) * SPREAD;
}

bool has(KeyKinds kinds, KeyKind kind) {
  return (kinds & only(kind)) != 0;
}

Network cut(const Address& address, uint8_t prefix) {
  Network network{address, prefix};
  for (unsigned i = 0; i < 16; i++) {
    unsigned bits = prefix > 8 * i ? std::min(8u, prefix - 8 * i) : 0;
    network.base.bytes[i] &= uint8_t(0xff00 >> bits);
  }
  return network;
}

}  // namespace

uint64_t keyOf(KeyKind kind, kj::ArrayPtr<const char> text) {
  return tagged(kind, std::hash<std::string_view>()({text.begin(), text.size()}));
}

uint64_t keyOf(KeyKind kind, uint32_t number) {
  return tagged(kind, uint64_t(number) * SPREAD);
}

uint64_t keyOf(const Network& network) {
  return tagged(KeyKind::NETWORK, network.base.hashCode() + network.prefix);
}

void OperandKeys::add(KeyKind kind, uint64_t key) {
  if (!has(wanted, kind)) return giveUp();
  keys.add(key);
  kinds |= only(kind);
}

void OperandKeys::add(const Network& network) {
  add(KeyKind::NETWORK, keyOf(network));
  prefixes.add(network.prefix);
}

void OperandKeys::addAll(const OperandKeys& others) {
  keys.addAll(others.keys);
  prefixes.addAll(others.prefixes);
  kinds |= others.kinds;
}

FlowKeys::FlowKeys(const FlowFacts& facts, const Wanted& wanted) {
  // An operand over what is not known does not match, so there is no key for it either.
  addProcess(facts, wanted.kinds);
  if (facts.known.port && facts.known.direction && has(wanted.kinds, KeyKind::PORT))
    add(keyOf(KeyKind::PORT, facts.port()));
  if (facts.known.address && has(wanted.kinds, KeyKind::NETWORK))
    addNetworks(facts.remote, wanted.prefixes);
  if (facts.known.domain && (wanted.kinds & NAME_KEYS) != 0)
    for (auto& domain : facts.domains) addName(domain.name, wanted.kinds);
}

void FlowKeys::add(uint64_t key) {
  if (count == MOST)
    overflow = true;
  else
    all[count++] = key;
}

void FlowKeys::addProcess(const FlowFacts& facts, KeyKinds kinds) {
  auto& process = facts.process;
  if (facts.known.process) {
    if (has(kinds, KeyKind::PATH)) add(keyOf(KeyKind::PATH, process.path));
    if (has(kinds, KeyKind::PATH_BELOW))
      for (size_t i = 0; i < process.path.size(); i++)
        if (process.path[i] == '/') add(keyOf(KeyKind::PATH_BELOW, process.path.slice(0, i + 1)));
    if (has(kinds, KeyKind::NAME)) add(keyOf(KeyKind::NAME, process.name));
    if (has(kinds, KeyKind::UNIT)) add(keyOf(KeyKind::UNIT, process.unit));
    if (has(kinds, KeyKind::PARENT))
      for (auto parent : process.parents) add(keyOf(KeyKind::PARENT, parent));
  }
  if (!facts.known.user || !has(kinds, KeyKind::USER)) return;
  KJ_IF_MAYBE (uid, process.uid) add(keyOf(KeyKind::USER, *uid));
}

void FlowKeys::addName(kj::StringPtr name, KeyKinds kinds) {
  if (has(kinds, KeyKind::DOMAIN_EXACT)) add(keyOf(KeyKind::DOMAIN_EXACT, name));
  if (!has(kinds, KeyKind::DOMAIN_BELOW)) return;
  for (size_t i = 0; i < name.size(); i++)
    if (name[i] == '.') add(keyOf(KeyKind::DOMAIN_BELOW, name.slice(i + 1)));
}

void FlowKeys::addNetworks(const Address& address, kj::ArrayPtr<const uint8_t> prefixes) {
  for (uint8_t prefix : prefixes) add(keyOf(cut(address, prefix)));
}

}  // namespace portreeve::rules
