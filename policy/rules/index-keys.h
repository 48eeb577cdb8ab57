// SPDX-License-Identifier: GPL-3.0-or-later
// What a rule can be found by: hashes of the values that its operands want. Two values with one
// hash cost a needless test, never a wrong verdict.
#pragma once

#include "policy/rules/facts.h"

#include <kj/common.h>
#include <kj/string.h>
#include <kj/vector.h>

#include <cstdint>

namespace portreeve::rules {

enum class KeyKind : uint8_t {
  PATH,
  PATH_BELOW,  // a folder, with the "/" at its end
  NAME,
  UNIT,
  PARENT,
  USER,
  PORT,
  NETWORK,
  DOMAIN_EXACT,
  DOMAIN_BELOW
};
using KeyKinds = uint16_t;  // bit: KeyKind
constexpr KeyKinds only(KeyKind kind) {
  return KeyKinds(1u << unsigned(kind));
}
constexpr KeyKinds ALL_KEYS = 0x3ff;
constexpr KeyKinds NAME_KEYS = only(KeyKind::DOMAIN_EXACT) | only(KeyKind::DOMAIN_BELOW);
constexpr KeyKinds ASKER_KEYS = NAME_KEYS | only(KeyKind::PATH) | only(KeyKind::PATH_BELOW) |
                                only(KeyKind::NAME) | only(KeyKind::UNIT) | only(KeyKind::PARENT) |
                                only(KeyKind::USER);
// Known at the DNS stage, if the asker is.

uint64_t keyOf(KeyKind kind, kj::ArrayPtr<const char> text);
uint64_t keyOf(KeyKind kind, uint32_t number);
uint64_t keyOf(const Network& network);  // its bits behind the prefix are 0

class OperandKeys {
  // Filled by an operand: it can match only a flow that has one of these.
public:
  explicit OperandKeys(KeyKinds wanted) : wanted(wanted) {}

  void add(KeyKind kind, kj::ArrayPtr<const char> text) { add(kind, keyOf(kind, text)); }
  void add(KeyKind kind, uint32_t number) { add(kind, keyOf(kind, number)); }
  void add(const Network& network);
  void addAll(const OperandKeys& others);
  KeyKinds wantedKinds() const { return wanted; }
  void giveUp() { usable = false; }  // one of its values cannot be found by a key

  bool good() const { return usable && !keys.empty(); }

  kj::Vector<uint64_t> keys;
  KeyKinds kinds = 0;
  kj::Vector<uint8_t> prefixes;  // of the networks among them

private:
  KeyKinds wanted;
  bool usable = true;

  void add(KeyKind kind, uint64_t key);
};

class FlowKeys {
  // All keys that a flow has; on the stack, no allocation.
public:
  static constexpr size_t MOST = 256;

  struct Wanted {
    KeyKinds kinds = 0;
    kj::ArrayPtr<const uint8_t> prefixes;
  };
  FlowKeys(const FlowFacts& facts, const Wanted& wanted);

  bool complete() const { return !overflow; }  // false: more than fit, they mean nothing
  kj::ArrayPtr<const uint64_t> keys() const { return kj::arrayPtr(all, count); }

private:
  uint64_t all[MOST];
  size_t count = 0;
  bool overflow = false;

  void add(uint64_t key);
  void addProcess(const FlowFacts& facts, KeyKinds kinds);
  void addName(kj::StringPtr name, KeyKinds kinds);
  void addNetworks(const Address& address, kj::ArrayPtr<const uint8_t> prefixes);
};

}  // namespace portreeve::rules
