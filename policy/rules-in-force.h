// SPDX-License-Identifier: GPL-3.0-or-later
// The rule set in force, where it came from, and why the newest files are not. A set is swapped in
// as a whole or not at all.
#pragma once

#include "common/accounts.h"
#include "common/settings.h"
#include "policy/aside.h"
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
    Aside& aside;  // where files are read and compiled; the worker behind it ends before this does
  };
  explicit RulesInForce(Parts parts);
  // Before the sandbox (it looks when the suite was started).
  KJ_DISALLOW_COPY(RulesInForce);

  void loadFirst(kj::ArrayPtr<const FileChange> takenBack);
  // Where the files are bad, takes what was in force last, with `takenBack` undone in it; where
  // nothing was, throws FAILED with every problem, a line each.

  void startIn(rules::Mode of) { mode = of; }
  // Before anything is loaded.
  kj::Promise<bool> change(rules::Mode to);
  // What is in force, in that mode. False where it would not load.

  kj::Promise<bool> load(bool otherSettings = false);
  // Reads the files; whether another set is in force then: as well where the settings are others.
  // Never throws for what a file says. One at a time, like the next.
  kj::Promise<bool> loadFrom(RuleSources sources);
  // Instead of the files; false where they are bad, too.

  kj::Promise<rules::FolderContent> readFiles() const;
  struct Trial {
    kj::Vector<rules::Problem> problems;  // that would keep them from being in force
    kj::Vector<rules::Problem> ofUsers;   // for which a user's file would be left out
  };
  kj::Promise<Trial> tryOut(RuleSources sources, const Settings::PolicyTable& table);
  // What is good is not compiled again where the next `load` finds the very same.
  kj::Maybe<kj::String> problemWith(const Settings::PolicyTable& table) const;
  // Why no rules could be in force with those settings. Looks at built-in rules alone: at once.

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
  kj::String lookedAt;           // fingerprint at the last reading
  kj::String listsWere;          // fingerprint of the compiled lists
  bool settingsAreOwed = false;  // they have changed, and no set was made by them yet
  uint64_t loadedNs = 0;
  unsigned clockJumps = 0;
  kj::Array<bool> phase;
  kj::Promise<void> keeping = nullptr;  // writing what is in force to its file

  kj::Promise<void> discarding = nullptr;  // the set from before
  unsigned generation = 0;                 // how many sets were in force

  struct Reading {
    kj::String files, lists;  // fingerprints from before the files were read
    rules::FolderContent content;
  };
  struct Made {
    RuleSources sources;
    rules::RuleSet::Loaded loaded;
    kj::String lastGood;                    // as text
    kj::Array<kj::Maybe<size_t>> asBefore;  // rules of the set in force that are the same
  };
  struct Tried {
    // A set that is good, and what it depends on.
    Made made;
    Settings::PolicyTable table;
    kj::String lists;
    rules::Mode mode;
    unsigned clockJumps, generation;
  };
  kj::Maybe<Tried> tried;

  static Reading read(const RuleFolders& folders);
  kj::Maybe<Made> asTried(const Reading& reading);
  void discardTried();
  bool isNews(Reading& reading);  // ages it
  kj::Function<Made()> making(RuleSources sources) const;
  kj::Function<Made()> making(RuleSources sources, const Settings::PolicyTable& table) const;
  rules::RuleOptions options(const Settings::PolicyTable& table, uint64_t started,
                             rules::Mode of) const;  // borrows from the table
  kj::Promise<bool> make(Reading reading);
  bool take(Made made, kj::Vector<rules::Problem> problems);
  void put(Made made);
  void discard(kj::Own<rules::RuleSet> old);
  void keepAsLastGood(kj::String text);
  void loadLastGood(kj::ArrayPtr<const FileChange> takenBack);
  void say() const;
};

}  // namespace portreeve::policy
