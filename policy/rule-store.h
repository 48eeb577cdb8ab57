// SPDX-License-Identifier: GPL-3.0-or-later
// The rules in force and the files they come from: watches both folders, swaps in a new set as a
// whole or keeps the last good one, and writes the suite's own files (atomic, fsync) for `rule add`
// and `rule remove`, with a confirmation where asked for.
#pragma once

#include "common/accounts.h"
#include "common/clock.h"
#include "common/settings.h"
#include "policy/aside.h"
#include "policy/attachment.h"
#include "policy/change-commands.h"
#include "policy/change-log.h"
#include "policy/profiles.h"
#include "policy/rule-files.h"
#include "policy/rules/rule-set.h"
#include "policy/settings-in-force.h"
#include "policy/suite-start.h"
#include "proto/view.capnp.h"

#include <kj/array.h>
#include <kj/async-io.h>
#include <kj/async-unix.h>
#include <kj/function.h>
#include <kj/memory.h>
#include <kj/string.h>
#include <kj/timer.h>

#include <cstdint>

namespace portreeve::policy {

class RuleStore {
public:
  using Apply = kj::Function<kj::Promise<uint32_t>()>;
  // Called after each change of the set in force: judges open flows again; how many got another
  // verdict.
  static constexpr kj::StringPtr NOBODY = "nobody in particular"_kj;
  using WallClock = kj::Function<uint64_t()>;  // as wallNs()

  RuleStore(
      kj::UnixEventPort& port, kj::Timer& timer, RuleFolders folders,
      const Settings::Policy& settings, const UserNames& users,
      WallClock clock = []() { return wallNs(); },
      WallClock sinceBoot = []() { return sinceBootNs(); });
  // Opens the watch (inotify(7)); before the sandbox. `settings`, as they were read just now, and
  // `users` outlive it.
  ~RuleStore() noexcept(false);
  KJ_DISALLOW_COPY(RuleStore);

  void workAside(Aside aside);
  // Where rules are read and compiled from here on; without it, at once. What is behind it has to
  // end before this does.

  void loadFirst();
  // Takes back what was not confirmed in time, then loads. Where the files are bad, what was in
  // force last is in force again (`good()` is false then); where nothing was yet, throws FAILED
  // with every problem "file:line:column: reason", a line each. Within the sandbox, so that what
  // cannot be read there is said now.

  rules::RuleSet& inForce();
  const rules::RuleSet& inForce() const;
  // Valid until the event loop turns next: a change replaces it. After loadFirst.
  kj::StringPtr listFolder() const;  // of the compiled lists that rules may name

  void onChange(Apply apply);

  kj::Promise<void> run();
  // Watches files, expiring rules and pending confirmations. Never resolves.

  using Added = ChangeCommands::Added;
  kj::Promise<Added> add(kj::StringPtr toml, kj::Duration confirmWithin, kj::StringPtr who = NOBODY,
                         KeptBy whose = {});
  // In force when it resolves. Throws FAILED, nothing changed, when the rules are bad alone or
  // together with all others, or cannot be written. confirmWithin not 0: taken back then unless
  // confirmed. `who` stands in the change log. A user's own rules take effect at once: nothing of
  // them is to be confirmed, and he may change them so often an hour (change-quota.h).
  kj::Promise<uint32_t> remove(kj::StringPtr name, kj::Duration confirmWithin,
                               kj::StringPtr who = NOBODY, KeptBy whose = {});
  // Of those that are kept so alone; else FAILED, with the place where the rule stands.
  kj::Promise<Added> replace(kj::StringPtr name, kj::StringPtr toml, kj::Duration confirmWithin,
                             kj::StringPtr who = NOBODY);
  // One of the suite's own, at its place; `rule` is its name from now on. Throws as add and remove.
  kj::Promise<uint32_t> move(kj::StringPtr name, kj::StringPtr before, kj::Duration confirmWithin,
                             kj::StringPtr who = NOBODY);
  // Among the suite's own: right before another (empty: behind all). Throws as remove.
  using Undone = ChangeCommands::Undone;
  kj::Promise<Undone> undo(uint32_t number, kj::Duration confirmWithin, kj::StringPtr who = NOBODY);
  // The suite's own files as they were before that change (0: the newest that can be undone).
  // Throws FAILED in words, nothing changed: there is none, it was undone, it is about files that
  // only people write, or a file of it was changed since.
  kj::ArrayPtr<const rules::RuleSource> sources() const;  // that what is in force was made of
  const ChangeLog& changes() const;
  void onNoted(kj::Function<void(const Change&)> noted);
  // Told each change when it is made, before it is on the disk.

  kj::Promise<uint32_t> changeSettings(kj::Array<SettingChange> changes, kj::Duration confirmWithin,
                                       kj::StringPtr who = NOBODY);
  // Of [policy], all or none. In force when it resolves; how many open flows got another verdict.
  // Throws FAILED in words, nothing changed, where one is not possible.
  const SettingsInForce& settings() const;

  kj::Promise<uint32_t> useProfile(kj::StringPtr name, kj::Duration confirmWithin,
                                   kj::StringPtr who = NOBODY);
  // "auto", "none" or a name. In force when it resolves; how many open flows got another verdict.
  // Throws FAILED, nothing changed, where there is no such profile.
  kj::Promise<void> learn(Attachment attachment);
  // Where this machine is now. Resolves when the profile that follows from it is in force.
  const Profiles& profiles() const;
  DefaultAction unanswered() const;
  // What a question gets that nobody answers, by the profile in force; never ASK.
  void startIn(rules::Mode mode);
  // Before loadFirst.
  kj::Promise<uint32_t> changeMode(rules::Mode mode);
  // In force when it resolves; how many open flows got another verdict.

  kj::Promise<void> reload();
  // Whether it was good is what `fill` says then.
  kj::Promise<bool> confirm();
  // False: nothing was to be confirmed.

  void fill(proto::view::RulesStatus::Builder status) const;
  using FillMore = kj::Function<void(proto::view::RulesStatus::Builder)>;
  void onFill(FillMore more);  // what others know of it, in the same answer
  bool good() const;           // the newest files are in force
  kj::String problem() const;  // why they are not: "file:line:column: reason"; else empty

private:
  struct Impl;
  kj::Own<Impl> impl;
};

}  // namespace portreeve::policy
