// SPDX-License-Identifier: GPL-3.0-or-later
// What people expect of their rules, written as TOML beside them and run like unit tests
// (`portreeve test`): made-up flows, and what is to become of each.
#pragma once

#include "common/accounts.h"
#include "common/settings.h"
#include "policy/rules/rule-set.h"
#include "policy/rules/source.h"

#include <kj/memory.h>
#include <kj/string.h>
#include <kj/vector.h>

#include <cstdint>

namespace portreeve::rules {

class MadeUpFlow {
  // A flow that need not exist, with the texts that its facts borrow. What is not said of it is
  // known to be absent, but for the addresses: those are not known then, and match nothing.
public:
  MadeUpFlow() = default;
  KJ_DISALLOW_COPY(MadeUpFlow);

  FlowFacts facts;
  kj::StringPtr profile;  // in force; empty: none

  kj::StringPtr keep(kj::String text);
  void addDomain(kj::String name, NameSource source);
  void addParent(kj::String path);
  void addNetwork(kj::String profile);
  Circumstances circumstances() const { return {profile, networks}; }

private:
  kj::Vector<kj::String> texts;
  kj::Vector<DomainFact> domains;
  kj::Vector<kj::StringPtr> parents;
  kj::Vector<kj::StringPtr> networks;
};

struct Expectation {
  kj::String name;
  kj::String origin;  // "file:line"
  MadeUpFlow flow;
  kj::Maybe<kj::String> action;   // "allow", …
  kj::Maybe<kj::String> rule;     // the name of the rule that decides
  kj::Maybe<bool> nameIsRefused;  // at the DNS stage
  kj::Maybe<uint64_t> atNs;       // wall clock; nullptr: now
};

struct ExpectationFile {
  kj::Vector<kj::String>
      rules;  // files and folders, relative to this file; none: the configuration
  kj::Maybe<DefaultAction> defaultAction;
  kj::Vector<kj::Own<Expectation>> expectations;
  kj::Vector<Problem> problems;  // not empty: nothing of it is to be run
};

ExpectationFile parseExpectations(const RuleSource& source, const UserNames& users);

struct Outcome {
  bool passed = true;
  kj::Vector<kj::String> differences;  // "action: expected block, got allow"
  kj::String decided;                  // "rule \"…\" (file:line)"
  Trace trace;
};

Outcome run(const Expectation& expectation, RuleSet& rules, uint64_t nowWallNs);
// Leaves the rule set with the flow's circumstances.

}  // namespace portreeve::rules
