// SPDX-License-Identifier: GPL-3.0-or-later
// The rules in force, as one immutable whole: loaded from all files at once or not at all, so that
// a bad file leaves the last good set as it is. Order: built-in rules, the administrator's files in
// name order, the suite's own files in name order, the default. The first match decides. Answers
// (Rule.answer) stand outside of that order: they are asked, by theirs, where a rule of ASK
// matched. What a user keeps for his own programs is asked after all that, and can only make it
// stricter.
//
// Deciding is a pure function of facts and time; it allocates nothing unless a Trace is wanted.
#pragma once

#include "policy/rules/decision.h"
#include "policy/rules/dependencies.h"
#include "policy/rules/geography.h"
#include "policy/rules/known-circumstances.h"
#include "policy/rules/name-stage.h"
#include "policy/rules/rule-index.h"
#include "policy/rules/rule-options.h"
#include "policy/rules/rule.h"
#include "policy/rules/source.h"
#include "policy/rules/trace.h"
#include "policy/rules/users-rules.h"
#include "proto/view.capnp.h"

#include <capnp/list.h>
#include <kj/array.h>
#include <kj/memory.h>
#include <kj/vector.h>

#include <cstdint>

namespace portreeve::rules {

struct HitCount {
  uint64_t hits = 0;
  uint64_t lastNs = 0;  // wall clock
};

class RuleSet {
public:
  struct Loaded {
    kj::Maybe<kj::Own<RuleSet>> set;  // nullptr exactly when there are problems
    kj::Vector<Problem> problems;     // in file order
    kj::Vector<Problem> ofUsers;      // of sources of layer USER, which are left out then
    kj::Vector<kj::String> missing;   // lists that rules use and that are not there, a line each
  };

  explicit RuleSet(kj::Array<Rule> rules,
                   kj::Own<Geography> geography = kj::refcounted<Geography>());
  // For load. The last rule has no operands.
  KJ_DISALLOW_COPY(RuleSet);

  static Loaded load(kj::ArrayPtr<const RuleSource> sources, const RuleOptions& options);
  // Sources of layers ADMINISTRATOR, SUITE and USER, each layer in name order (readFolder's order
  // is kept). Never throws for what a file says.

  Decision decide(const FlowFacts& facts, uint64_t nowWallNs, Trace* trace = nullptr) const;
  // Always decides. An operand over an unknown fact does not match here. A lower-priority rule
  // never matters.

  bool hangsOnName(const FlowFacts& facts, uint64_t nowWallNs) const;
  // Whether a name could make another rule decide, or is a question's matter. `facts` with
  // known.domain = false.

  bool hangsOnExamination(const FlowFacts& facts, uint64_t nowWallNs) const;
  // Whether what an examination of the program's file will tell (sha256, package) could make
  // another rule decide.
  bool usesExamination() const { return dependencies.examination; }
  // Whether any rule is about that.
  bool tellsProcessesApart() const { return dependencies.instances; }
  // Whether any rule is about single processes.

  NameDecision judgeName(const ProcessFacts& asker, kj::StringPtr name, uint64_t nowWallNs,
                         bool askerSpeaksForOthers = false, Trace* trace = nullptr) const;
  // The DNS stage (name-stage.h): may `asker` know the addresses of `name` (lower case, no trailing
  // dot)? With askerSpeaksForOthers (a system-wide stub) the process and user are unknown.

  bool goesFarAway(const ProcessFacts& asker, kj::StringPtr name, uint64_t nowWallNs,
                   bool askerSpeaksForOthers = false) const;
  // The DNS stage: may a flow of `asker` to `name` be one for Gate17? Whatever its port and address
  // turn out to be: to look the name up here would tell of it.

  void count(const Decision& decision, uint64_t nowWallNs);
  kj::Array<kj::Maybe<size_t>> sameAs(const RuleSet& previous) const;
  // For each rule the position of the one that it was: the same layer, file, name and text.
  void adoptCounts(const RuleSet& previous, kj::ArrayPtr<const kj::Maybe<size_t>> same);
  // Takes over their hits. `same` is what sameAs(previous) said.

  void shiftDurations(int64_t deltaNs);
  // The wall clock was set forward by so much: rules that last a while (`for`) end when they would
  // have.

  void setCircumstances(const Circumstances& present) { circumstances.set(present); }
  // Before that there is no profile and no network. Facts that have circumstances of their own are
  // judged by those.

  const Geography& geography() const { return *databases; }  // by [databases] of the sources

  kj::ArrayPtr<const Rule> rules() const { return all; }  // in order; the last one is the default
  const HitCount& hits(size_t position) const { return counts[position]; }
  kj::Maybe<size_t> find(
      kj::StringPtr name) const;  // the first so named in people's layers, else built-in
  uint64_t nextExpiry(uint64_t nowWallNs) const;
  // Wall clock at which the next rule ends or an hour of the week begins or is over; 0: never.
  kj::Array<bool> phase(uint64_t nowWallNs) const;
  // Which rules have ended and which hours of the week it is: decisions may differ where this does.

  void fill(size_t position, proto::view::RuleView::Builder view) const;
  void fill(
      capnp::List<proto::view::RuleView>::Builder views) const;  // views.size() == rules().size()

private:
  kj::Array<Rule> all;
  kj::Own<Geography> databases;
  kj::Array<HitCount> counts;
  Dependencies dependencies;
  KnownCircumstances circumstances;
  RuleIndex flows;    // decide
  RuleIndex answers;  // asked where a rule of ASK matched
  RuleIndex unnamed;
  UsersRules users;
  NameStage nameStage;

  bool isWhole(const FlowFacts& facts, uint64_t nowWallNs) const;
  FlowFacts whole(const FlowFacts& facts, uint64_t nowWallNs) const;
  const Rule& firstOf(const FlowFacts& facts, uint64_t nowWallNs) const;
  const Rule& firstOf(const FlowFacts& facts, uint64_t nowWallNs, Trace& trace) const;
};

}  // namespace portreeve::rules
