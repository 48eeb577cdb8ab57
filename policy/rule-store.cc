// SPDX-License-Identifier: GPL-3.0-or-later
#include "policy/rule-store.h"

#include "policy/confirmation.h"
#include "policy/failure.h"
#include "policy/file-changes.h"
#include "policy/own-files.h"
#include "policy/rule-upkeep.h"
#include "policy/rules-in-force.h"

namespace portreeve::policy {
namespace {

kj::String parentOf(kj::StringPtr path) {
  return kj::str(path.slice(0, path.findLast('/').orDefault(0)));
}

}  // namespace

struct RuleStore::Impl {
  RuleFolders folders;
  WallClock clock;
  WallClock sinceBoot;
  DiskSync disk;
  DurableFolder own;
  DurableFolder usersOwn;
  DurableFolder state;
  OwnFiles files;
  Confirmation confirmation;
  RuleClock ruleClock;
  SettingsInForce settings;
  Profiles profiles;
  ChangeLog changeLog;
  Aside aside = atOnce;
  RulesInForce inForce;
  mutable kj::Maybe<FillMore> fillMore;
  SerialQueue queue;  // one change at a time
  ChangeRecorder recorder;
  RuleActivation activation;
  ChangeCommitter committer;
  ChangeCommands commands;
  RuleUpkeep upkeep;

  Impl(kj::UnixEventPort& port, kj::Timer& timer, RuleFolders from, const Settings::Policy& read,
       const UserNames& users, WallClock wall, WallClock boot)
      : folders(kj::mv(from)),
        clock(kj::mv(wall)),
        sinceBoot(kj::mv(boot)),
        disk(port),
        own(folders.own, disk),
        usersOwn(folders.users, disk),
        state(parentOf(folders.own), disk),
        files(own, usersOwn, state),
        confirmation(state, timer),
        ruleClock(clock, sinceBoot, state),
        settings(folders.settings, read, state),
        profiles(read.profiles, state),
        changeLog(parentOf(folders.own), disk),
        inForce({folders, read, settings, users, state, clock, ruleClock, profiles, aside}),
        recorder(changeLog, clock),
        activation({timer, folders.own, inForce, settings, profiles, recorder}),
        committer(
            {folders.own, state, files, confirmation, inForce, settings, recorder, activation}),
        commands({folders.own, users, sinceBoot, files, changeLog, inForce, settings, profiles,
                  committer}),
        upkeep(port,
               {folders.administrator, folders.own, folders.users, folders.lists, folders.settings,
                state.fullPath(SETTINGS_FILE)},
               {timer, inForce, settings, confirmation, queue, activation, committer}) {}

  void loadFirst() {
    own.removeTemporary();
    usersOwn.removeTemporary();
    state.removeTemporary();
    changeLog.read();
    auto before = lastGoodSources(state);
    auto takenBack = committer.takeBackOverdueNow();
    profiles.restore(inForce.started(), inForce.now());
    settings.restore();
    inForce.loadFirst(takenBack);
    recorder.noteFiles(changedBetween(before, inForce.sources(), folders.own),
                       "files of rules were changed while no policy ran");
    recorder.noteSettings(settings.ofFile(), profiles.all());
  }

  kj::Promise<uint32_t> learn(Attachment attachment) {
    auto before = kj::str(profiles.inForce());
    if (!profiles.learn(kj::mv(attachment), inForce.now())) return uint32_t(0);
    if (profiles.inForce() != before) recorder.noteSwitch(profiles);
    return activation.applyCircumstances();
  }
};

RuleStore::RuleStore(kj::UnixEventPort& port, kj::Timer& timer, RuleFolders folders,
                     const Settings::Policy& settings, const UserNames& users, WallClock clock,
                     WallClock sinceBoot)
    : impl(kj::heap<Impl>(port, timer, kj::mv(folders), settings, users, kj::mv(clock),
                          kj::mv(sinceBoot))) {}
RuleStore::~RuleStore() noexcept(false) = default;

void RuleStore::workAside(Aside aside) {
  impl->aside = kj::mv(aside);
}

void RuleStore::loadFirst() {
  impl->loadFirst();
}

kj::StringPtr RuleStore::listFolder() const {
  return impl->folders.lists;
}

rules::RuleSet& RuleStore::inForce() {
  return impl->inForce.set();
}

const rules::RuleSet& RuleStore::inForce() const {
  return impl->inForce.set();
}

void RuleStore::onNoted(kj::Function<void(const Change&)> noted) {
  impl->recorder.onNoted(kj::mv(noted));
}

void RuleStore::onChange(Apply apply) {
  impl->activation.onChange(kj::mv(apply));
}

kj::Promise<void> RuleStore::run() {
  return impl->upkeep.run();
}

kj::Promise<RuleStore::Added> RuleStore::add(kj::StringPtr toml, kj::Duration confirmWithin,
                                             kj::StringPtr who, KeptBy whose) {
  return impl->queue.run<Added>(
      [this, toml = kj::str(toml), who = kj::str(who), confirmWithin, whose]() {
        return impl->commands.add(toml, confirmWithin, who, whose);
      });
}

kj::Promise<uint32_t> RuleStore::remove(kj::StringPtr name, kj::Duration confirmWithin,
                                        kj::StringPtr who, KeptBy whose) {
  return impl->queue.run<uint32_t>(
      [this, name = kj::str(name), who = kj::str(who), confirmWithin, whose]() {
        return impl->commands.remove(name, confirmWithin, who, whose);
      });
}

kj::Promise<RuleStore::Added> RuleStore::replace(kj::StringPtr name, kj::StringPtr toml,
                                                 kj::Duration confirmWithin, kj::StringPtr who) {
  return impl->queue.run<Added>(
      [this, name = kj::str(name), toml = kj::str(toml), who = kj::str(who), confirmWithin]() {
        return impl->commands.replace(name, toml, confirmWithin, who);
      });
}

kj::Promise<uint32_t> RuleStore::move(kj::StringPtr name, kj::StringPtr before,
                                      kj::Duration confirmWithin, kj::StringPtr who) {
  return impl->queue.run<uint32_t>(
      [this, name = kj::str(name), before = kj::str(before), who = kj::str(who), confirmWithin]() {
        return impl->commands.move(name, before, confirmWithin, who);
      });
}

kj::Promise<RuleStore::Undone> RuleStore::undo(uint32_t number, kj::Duration confirmWithin,
                                               kj::StringPtr who) {
  return impl->queue.run<Undone>([this, number, who = kj::str(who), confirmWithin]() {
    return impl->commands.undo(number, confirmWithin, who);
  });
}

kj::Promise<uint32_t> RuleStore::useProfile(kj::StringPtr name, kj::Duration confirmWithin,
                                            kj::StringPtr who) {
  return impl->queue.run<uint32_t>(
      [this, name = kj::str(name), who = kj::str(who), confirmWithin]() {
        return impl->commands.useProfile(name, confirmWithin, who);
      });
}

kj::Promise<uint32_t> RuleStore::changeSettings(kj::Array<SettingChange> changes,
                                                kj::Duration confirmWithin, kj::StringPtr who) {
  return impl->queue.run<uint32_t>(
      [this, changes = kj::mv(changes), who = kj::str(who), confirmWithin]() {
        return impl->commands.changeSettings(changes, confirmWithin, who);
      });
}

const SettingsInForce& RuleStore::settings() const {
  return impl->settings;
}

kj::Promise<void> RuleStore::learn(Attachment attachment) {
  return impl->queue
      .run<uint32_t>([this, attachment = kj::mv(attachment)]() mutable {
        return impl->learn(kj::mv(attachment));
      })
      .ignoreResult();
}

const Profiles& RuleStore::profiles() const {
  return impl->profiles;
}

DefaultAction RuleStore::unanswered() const {
  auto action = impl->settings.now().unanswered;
  KJ_IF_MAYBE (profile, impl->profiles.settings()) return profile->unanswered.orDefault(action);
  return action;
}

kj::ArrayPtr<const rules::RuleSource> RuleStore::sources() const {
  return impl->inForce.sources();
}

const ChangeLog& RuleStore::changes() const {
  return impl->changeLog;
}

void RuleStore::startIn(rules::Mode mode) {
  impl->inForce.startIn(mode);
}

kj::Promise<uint32_t> RuleStore::changeMode(rules::Mode mode) {
  return impl->queue.run<uint32_t>([this, mode]() {
    return impl->inForce.change(mode).then([this](bool good) {
      if (!good) fail("the rules in force do not load any more: see the log");
      return impl->activation.apply();
    });
  });
}

kj::Promise<void> RuleStore::reload() {
  return impl->queue.run<uint32_t>([this]() { return impl->activation.reload(); }).ignoreResult();
}

kj::Promise<bool> RuleStore::confirm() {
  return impl->queue.run<bool>([this]() -> kj::Promise<bool> {
    if (!impl->confirmation.pending()) return false;
    return impl->confirmation.end().then([]() { return true; });
  });
}

void RuleStore::fill(proto::view::RulesStatus::Builder status) const {
  impl->inForce.fill(status);
  if (status.getError().size() == 0) status.setError(impl->settings.problem());
  status.setConfirmBy(rfc3339(impl->confirmation.untilWallNs()));
  KJ_IF_MAYBE (more, impl->fillMore) (*more)(status);
}

void RuleStore::onFill(FillMore more) {
  impl->fillMore = kj::mv(more);
}

bool RuleStore::good() const {
  return impl->inForce.problems().size() == 0 && impl->settings.problem().size() == 0;
}

kj::String RuleStore::problem() const {
  auto words = impl->inForce.problem();
  return words.size() > 0 ? kj::mv(words) : kj::str(impl->settings.problem());
}

}  // namespace portreeve::policy
