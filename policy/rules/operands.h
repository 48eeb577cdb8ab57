// SPDX-License-Identifier: GPL-3.0-or-later
// The operands there are. Values are checked by whoever parses; here they are only compiled. An
// operand with several values matches when one of them does.
#pragma once

#include "policy/rules/glob.h"
#include "policy/rules/operand.h"

#include <kj/memory.h>
#include <kj/vector.h>

#include "policy/rules/geography.h"
#include "policy/rules/lists.h"
#include "policy/rules/regex.h"
#include "policy/rules/week-time.h"

#include <bitset>
#include <cstdint>

namespace portreeve::rules {

// operands-process.cc: who is behind the flow
kj::Own<Operand> pathOperand(kj::Vector<Glob> globs);
// The running file is the host's file of that path, or the one it replaced: kinds PROGRAM and
// REPLACED alone.
kj::Own<Operand> processTextOperand(kj::StringPtr key, kj::Vector<Glob> globs);
// `key`: name, cmdline, cgroup, unit, slice, container, container_runtime, pod, flatpak, snap,
// appimage or script.
kj::Own<Operand> commandLineRegexOperand(kj::Vector<Regex> patterns);
kj::Own<Operand> sha256Operand(kj::Vector<Glob> digests);
kj::Own<Operand> packageOperand(kj::Vector<Glob> globs);
// The last two are MAYBE until the program's file has been examined.
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
struct Group {
  uint32_t gid;
  kj::Vector<uint32_t> members;  // uids, as /etc/group and /etc/passwd had them at load
  kj::String written;
};
kj::Own<Operand> groupOperand(kj::Vector<Group> groups);
// The process's primary group, or one that its user is a member of.
struct Instance {
  int32_t pid;
  uint64_t startTicks;
};
kj::Own<Operand> instanceOperand(kj::Vector<Instance> instances);
// These very processes: a number that the kernel gives out again is another one.

// operands-flow.cc: where it goes
struct PortRange {
  uint16_t first;
  uint16_t last;
};
kj::Own<Operand> directionOperand(Direction direction);
kj::Own<Operand> protocolOperand(std::bitset<256> protocols);
kj::Own<Operand> icmpTypeOperand(std::bitset<256> types);
enum class End : uint8_t { REMOTE, LOCAL };
kj::Own<Operand> addressOperand(kj::Vector<Network> networks, End end = End::REMOTE);
// "::/0" is IPv6 alone, although IPv4 lies within it as ::ffff:0:0/96.
// operands-geography.cc: whose network that is, by the database beside the rules
kj::Own<Operand> countryOperand(kj::Vector<Country> countries,
                                kj::Maybe<kj::Own<Geography>> geography);
kj::Own<Operand> asnOperand(kj::Vector<uint32_t> numbers, kj::Maybe<kj::Own<Geography>> geography);
// Without a database nothing matches: for rules that are looked at and not put in force.

kj::Own<Operand> scopeOperand(uint8_t scopes);  // bit: Scope
enum class PortOf : uint8_t { SERVICE, REMOTE, LOCAL };
// SERVICE: the remote port of an outgoing flow, the local one of an incoming.
kj::Own<Operand> portOperand(kj::Vector<PortRange> ranges, PortOf which = PortOf::SERVICE);
kj::Own<Operand> interfaceOperand(kj::Vector<Glob> globs);
kj::Own<Operand> establishedBeforeOperand();

// operands-domain.cc: what it asked for
struct DomainPattern {
  enum class Kind : uint8_t { EXACT, SUBDOMAINS, BOTH, NONE, REGEX };
  Kind kind;
  kj::String name;  // lower case, without "*." or the dot in front; empty for NONE and REGEX
  kj::Maybe<Regex> regex;
};
kj::Own<Operand> domainOperand(kj::Vector<DomainPattern> patterns, NameSource widest);
// Names of the nearest source alone count (who asked itself needs no other's word), and none from
// farther than `widest`.

NameSource nearestSource(const FlowFacts& facts);  // ANY where there is no name

// operands-list.cc
kj::Own<Operand> listOperand(kj::Vector<kj::Own<SharedList>> lists, NameSource widest);
// One of the names of the nearest source is on one of the lists.

// operands-circumstances.cc: where this machine is. The word "none" stands for no profile at all.
kj::Own<Operand> profileOperand(kj::Vector<kj::String> names);  // one of them is in force
kj::Own<Operand> networkOperand(kj::Vector<kj::String> names);
// This machine is on the network of one of these profiles, whichever is in force.

// operands-time.cc
kj::Own<Operand> timeOperand(WeekTime times);

// operands-nested.cc
kj::Own<Operand> notOperand(kj::Vector<kj::Own<Operand>> operands);
// Matches what does not match all of them.
kj::Own<Operand> anyOfOperand(kj::Vector<kj::Vector<kj::Own<Operand>>> alternatives);
// Matches where all operands of one alternative do.

Match testAll(const kj::Vector<kj::Own<Operand>>& operands, const FlowFacts& facts);
void sortByCost(kj::Vector<kj::Own<Operand>>& operands);

}  // namespace portreeve::rules
