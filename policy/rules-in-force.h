// SPDX-License-Identifier: GPL-3.0-or-later
// The rule set in force, where it came from, and why the newest files are not. A set is swapped in
// as a whole or not at all.
#pragma once

#include "common/accounts.h"
#include "common/settings.h"
#include "policy/durable-folder.h"
#include "policy/profiles.h"
#include "policy/rule-clock.h"
#include "policy/rule-files.h"
#include "policy/rules/rule-set.h"
#include "policy/settings-in-force.h"
#include "proto/view.capnp.h"

#include <kj/async.h>
#include <kj/function.h>
#include <kj/memory.h>

#include <cstdint>

namespace portreeve::policy {

class RulesInForce {
public:
  struct Parts {
    // Outlive it.
    const RuleFolders& folders;
    const Settings::Policy& settings;  // profiles and ways
    const SettingsInForce& table;      // [policy]
    const UserNames& users;
    DurableFolder& state;             // where what was in force last is kept, "last-good.toml"
    kj::Function<uint64_t()>& clock;  // wall clock
    RuleClock& ruleClock;
    const Profiles& profiles;
  };
  explicit RulesInForce(Parts parts);
  // Before the sandbox (it looks when the suite was started).
  KJ_DISALLOW_COPY(RulesInForce);

  void loadFirst(kj::ArrayPtr<const FileChange> takenBack);
  // Where the files are bad, takes what was in force last, with `takenBack` undone in it; where
  // nothing was, throws FAILED with every problem, a line each.

  void startIn(rules::Mode of) { mode = of; }
  // Before anything is loaded.
  bool change(rules::Mode to);
  // What is in force, in that mode. False where it would not load.

  bool load(bool otherSettings = false);
  // Reads the files; whether another set is in force now: as well where the settings are others.
  // Never throws for what a file says.
  bool loadFrom(RuleSources sources);
  // Instead of the files; false where they are bad, too.

  rules::RuleSet::Loaded compile(kj::ArrayPtr<const rules::RuleSource> sources) const;
  rules::RuleSet::Loaded compile(kj::ArrayPtr<const rules::RuleSource> sources,
                                 const Settings::PolicyTable& table) const;

  rules::RuleSet& set();
  const rules::RuleSet& set() const;
  kj::ArrayPtr<const rules::RuleSource> sources() const { return from; }  // that it was made of
  kj::ArrayPtr<const rules::RuleSource> sourcesBefore() const { return former; }
  // That the set before it was made of, as they were read then.
  kj::ArrayPtr<const rules::Problem> problems() const { return wrong; }  // of the newest files
  kj::String problem() const;                                            // in one line

  void takeCircumstances();
  // Another profile is in force, or the machine is elsewhere.

  bool filesChanged() const;  // since `load` looked, going by names, times and sizes
  bool clockChanged();
  // Since the last time the wall clock was set: rules that last a while end by it.
  bool rulesEnded();
  // Since the last time: some have, or (a clock set back) have not, or the hour of the week is
  // another.
  uint64_t started() const { return startedNs; }
  uint64_t now() const { return parts.clock(); }
  void fill(proto::view::RulesStatus::Builder status) const;  // all but confirm_by

private:
  Parts parts;
  uint64_t startedNs;
  kj::Maybe<kj::Own<rules::RuleSet>> current;
  rules::Mode mode = rules::Mode::NONE;
  RuleSources from;
  RuleSources former;
  kj::Vector<rules::Problem> wrong;
  kj::String lookedAt;   // fingerprint at the last reading
  kj::String listsWere;  // fingerprint of the compiled lists
  uint64_t loadedNs = 0;
  kj::Array<bool> phase;
  kj::Promise<void> keeping = nullptr;  // writing what is in force to its file

  void put(kj::Own<rules::RuleSet> fresh, RuleSources sources);
  void keepAsLastGood();
  void loadLastGood(kj::ArrayPtr<const FileChange> takenBack);
  void say() const;
};

}  // namespace portreeve::policy
