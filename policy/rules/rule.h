// SPDX-License-Identifier: GPL-3.0-or-later
// A compiled rule. It never changes; what is counted about it stands in the RuleSet.
#pragma once

#include "policy/rules/operand.h"
#include "proto/flow.capnp.h"

#include <kj/memory.h>
#include <kj/string.h>
#include <kj/vector.h>

#include <cstdint>

namespace portreeve::rules {

enum class Action : uint8_t { ALLOW, BLOCK, DROP, GATE17, NAMESERVER, ASK };
// NAMESERVER (the kernel turns the query to the suite's resolver) is for built-in rules alone. ASK:
// answers decide, and where none does, a person is asked.

enum class Layer : uint8_t { BUILT_IN, ADMINISTRATOR, SUITE, USER, DEFAULT };
// ADMINISTRATOR: files a person wrote; SUITE: files kept by the suite for him; DEFAULT: what holds
// where nobody said anything (loopback, then policy.default). In this order; the first match of
// these decides. Then USER: what users keep for their own programs, which can only make that
// stricter.

struct Rule {
  kj::String name;
  Action action = Action::BLOCK;
  Layer layer = Layer::SUITE;
  uint32_t user = 0;       // of layer USER: the uid whose programs it is about
  kj::String file;         // "built-in" for those
  uint32_t line = 0;       // of its [[rule]]; 0 where there is no file
  kj::String text;         // as written
  uint64_t expiresNs = 0;  // wall clock, ns since the Unix epoch; 0: never
  bool untilRestart = false;
  bool untilExit = false;  // it is about one process: ends with it, or with a restart
  bool lasting = false;    // `for`: its end moves with the wall clock when that is set
  bool fallback = false;   // what holds where nobody's rule matches: policy.default, or a profile's
  kj::String profile;      // its whole file's, as shown to people; empty: it holds with each
  kj::Vector<kj::String> ways;  // GATE17: names of [[gate.way]] in the order they are tried; none:
                                // the first of the settings
  bool once = false;            // decides each packet alone: ALLOW, BLOCK and DROP
  bool answer = false;     // a person's answer: is asked where a rule of ASK matched, nowhere else
  bool essential = false;  // stays in force in lockdown
  bool log = true;         // what it decides is told to the historian
  bool learning =
      false;  // of the mode `learn`: names are given, so that there is something to learn
  kj::Vector<kj::Own<Operand>> operands;  // cheap ones first; none: matches every flow

  Match test(const FlowFacts& facts) const;
  // All operands, expiry apart.
  Match test(const FlowFacts& facts, uint64_t nowWallNs) const {
    // NO once it has ended.
    return expired(nowWallNs) ? Match::NO : test(facts);
  }

  bool isPeoples() const {  // somebody wrote it, or answered so
    return layer == Layer::ADMINISTRATOR || layer == Layer::SUITE || layer == Layer::USER;
  }
  bool isForAll() const { return layer != Layer::USER; }  // not for one user's programs alone
  bool expired(uint64_t nowWallNs) const { return expiresNs != 0 && nowWallNs >= expiresNs; }
  kj::String origin() const;  // "/etc/portreeve/rules.d/10-web.toml:7", "built-in"
};

kj::StringPtr toText(Action action);  // "allow", …
kj::StringPtr toText(Layer layer);    // "built-in", "administrator", "suite", "user", "default"
kj::StringPtr toText(NameSource source);
kj::StringPtr toText(ProcessKind kind);
kj::StringPtr toText(Direction direction);

proto::Verdict verdictOf(const Rule& rule);
// The mark for good: ACCEPT, BLOCK, DROP, GATE17, NAMESERVER; with `once` the one for this packet;
// or Verdict.ask, which is no mark.

bool letsThrough(Action action);
// Everything but BLOCK and DROP.

}  // namespace portreeve::rules
