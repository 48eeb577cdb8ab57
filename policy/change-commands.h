// SPDX-License-Identifier: GPL-3.0-or-later
// The changes that people ask for: each is planned on the files as they are, tried with all others,
// made, and named in the change log.
#pragma once

#include "common/accounts.h"
#include "policy/change-committer.h"
#include "policy/change-log.h"
#include "policy/change-quota.h"
#include "policy/own-files.h"
#include "policy/profiles.h"
#include "policy/rule-changes.h"
#include "policy/rules-in-force.h"
#include "policy/settings-in-force.h"

#include <kj/array.h>
#include <kj/async.h>
#include <kj/function.h>
#include <kj/string.h>
#include <kj/time.h>

#include <cstdint>

namespace portreeve::policy {

class ChangeCommands {
public:
  struct Parts {
    // Outlive it.
    kj::StringPtr ownFolder;  // of the suite's own rule files
    const UserNames& users;
    kj::Function<uint64_t()>& sinceBoot;  // ns
    const OwnFiles& files;
    const ChangeLog& changeLog;
    const RulesInForce& inForce;
    const SettingsInForce& settings;
    const Profiles& profiles;
    ChangeCommitter& committer;
  };
  explicit ChangeCommands(Parts parts) : parts(parts) {}
  KJ_DISALLOW_COPY(ChangeCommands);

  // As the methods of RuleStore that are named alike, one at a time. What they are given is
  // borrowed until they are done.

  struct Added {
    uint32_t affected = 0;  // open flows that got another verdict
    kj::String rule;        // the name of the first one added
  };
  kj::Promise<Added> add(kj::StringPtr toml, kj::Duration confirmWithin, kj::StringPtr who,
                         KeptBy whose);
  kj::Promise<uint32_t> remove(kj::StringPtr name, kj::Duration confirmWithin, kj::StringPtr who,
                               KeptBy whose);
  kj::Promise<Added> replace(kj::StringPtr name, kj::StringPtr toml, kj::Duration confirmWithin,
                             kj::StringPtr who);
  kj::Promise<uint32_t> move(kj::StringPtr name, kj::StringPtr before, kj::Duration confirmWithin,
                             kj::StringPtr who);
  struct Undone {
    uint32_t affected = 0;
    uint32_t number = 0;  // of the change that was undone
    kj::String what;      // what it had been
  };
  kj::Promise<Undone> undo(uint32_t number, kj::Duration confirmWithin, kj::StringPtr who);
  kj::Promise<uint32_t> changeSettings(kj::ArrayPtr<const SettingChange> wanted,
                                       kj::Duration confirmWithin, kj::StringPtr who);
  kj::Promise<uint32_t> useProfile(kj::StringPtr name, kj::Duration confirmWithin,
                                   kj::StringPtr who);

private:
  Parts parts;
  ChangeQuota quota;

  ChangeContext context(kj::ArrayPtr<const rules::RuleSource> current, const KeptBy& whose) const;
  void requireMayChange(const KeptBy& whose, kj::Duration confirmWithin);
};

}  // namespace portreeve::policy
