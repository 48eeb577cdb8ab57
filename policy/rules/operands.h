// SPDX-License-Identifier: GPL-3.0-or-later
// The operands there are. Values are checked by whoever parses; here they are only compiled. An
// operand with several values matches when one of them does.
#pragma once

#include "policy/rules/glob.h"
#include "policy/rules/operand.h"

#include <kj/memory.h>
#include <kj/vector.h>

#include <bitset>
#include <cstdint>

namespace portreeve::rules {

// operands-process.cc: who is behind the flow
kj::Own<Operand> pathOperand(kj::Vector<Glob> globs);
// The running file is the host's file of that path, or the one it replaced: kinds PROGRAM and
// REPLACED alone.
kj::Own<Operand> processNameOperand(kj::Vector<Glob> globs);
kj::Own<Operand> commandLineOperand(kj::Vector<Glob> globs);
kj::Own<Operand> unitOperand(kj::Vector<Glob> globs);
kj::Own<Operand> parentOperand(kj::Vector<Glob> globs);  // any ancestor
struct KindSet {
  uint8_t kinds = 0;  // bit: ProcessKind
  bool suite = false;
};
kj::Own<Operand> kindOperand(KindSet kinds);
struct User {
  uint32_t uid;
  kj::String written;
};
kj::Own<Operand> userOperand(kj::Vector<User> users);

// operands-flow.cc: where it goes
struct PortRange {
  uint16_t first;
  uint16_t last;
};
kj::Own<Operand> directionOperand(Direction direction);
kj::Own<Operand> protocolOperand(std::bitset<256> protocols);
kj::Own<Operand> icmpTypeOperand(std::bitset<256> types);
kj::Own<Operand> addressOperand(kj::Vector<Network> networks);
// "::/0" is IPv6 alone, although IPv4 lies within it as ::ffff:0:0/96.
kj::Own<Operand> scopeOperand(uint8_t scopes);  // bit: Scope
kj::Own<Operand> portOperand(kj::Vector<PortRange> ranges);
kj::Own<Operand> interfaceOperand(kj::Vector<Glob> globs);
kj::Own<Operand> establishedBeforeOperand();

// operands-domain.cc: what it asked for
struct DomainPattern {
  enum class Kind : uint8_t { EXACT, SUBDOMAINS, BOTH, NONE };
  Kind kind;
  kj::String name;  // lower case, without "*." or the dot in front; empty for NONE
};
kj::Own<Operand> domainOperand(kj::Vector<DomainPattern> patterns, NameSource widest);
// Names of the nearest source alone count (who asked itself needs no other's word), and none from
// farther than `widest`.

// operands-not.cc
kj::Own<Operand> notOperand(kj::Vector<kj::Own<Operand>> operands);
// Matches what does not match all of them.

Match testAll(const kj::Vector<kj::Own<Operand>>& operands, const FlowFacts& facts);
void sortByCost(kj::Vector<kj::Own<Operand>>& operands);

}  // namespace portreeve::rules
