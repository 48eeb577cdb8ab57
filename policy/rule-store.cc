// SPDX-License-Identifier: GPL-3.0-or-later
#include "policy/rule-store.h"

#include "common/log.h"
#include "policy/change-quota.h"
#include "policy/clock-watch.h"
#include "policy/confirmation.h"
#include "policy/failure.h"
#include "policy/file-changes.h"
#include "policy/own-files.h"
#include "policy/rule-changes.h"
#include "policy/rule-watch.h"
#include "policy/rules-in-force.h"

namespace portreeve::policy {
namespace {

constexpr auto SETTLE = 20 * kj::MILLISECONDS;  // one save of an editor is several events
constexpr auto LONGEST_SETTLE = 500 * kj::MILLISECONDS;
constexpr auto LONGEST_SLEEP = 60 * kj::SECONDS;  // the wall clock may be set, a link may change
constexpr auto AFTER_EXPIRY = 1 * kj::MILLISECONDS;
constexpr auto LONGEST_APPLY = 5 * kj::SECONDS;

kj::String parentOf(kj::StringPtr path) {
  return kj::str(path.slice(0, path.findLast('/').orDefault(0)));
}

}  // namespace

struct RuleStore::Impl final : private kj::TaskSet::ErrorHandler {
  kj::Timer& timer;
  RuleFolders folders;
  const UserNames& users;
  WallClock clock;
  WallClock sinceBoot;
  DiskSync disk;
  DurableFolder own;
  DurableFolder usersOwn;
  DurableFolder state;
  OwnFiles files;
  Confirmation confirmation;
  RuleWatch watch;
  ClockWatch clockWatch;
  RuleClock ruleClock;
  SettingsInForce settings;
  Profiles profiles;
  ChangeLog changeLog;
  ChangeQuota quota;
  Aside aside = atOnce;
  RulesInForce inForce;
  kj::Maybe<Apply> apply;
  mutable kj::Maybe<FillMore> fillMore;
  kj::Maybe<kj::Function<void(const Change&)>> noted;
  kj::ForkedPromise<void> lastInTurn = kj::Promise<void>(kj::READY_NOW).fork();
  kj::Own<kj::PromiseFulfiller<void>> wake = kj::newPromiseAndFulfiller<void>().fulfiller;
  kj::TaskSet applying;
  kj::TaskSet changing;  // entries of the change log on their way to the disk

  Impl(kj::UnixEventPort& port, kj::Timer& timer, RuleFolders from, const Settings::Policy& read,
       const UserNames& users, WallClock wall, WallClock boot)
      : timer(timer),
        folders(kj::mv(from)),
        users(users),
        clock(kj::mv(wall)),
        sinceBoot(kj::mv(boot)),
        disk(port),
        own(folders.own, disk),
        usersOwn(folders.users, disk),
        state(parentOf(folders.own), disk),
        files(own, usersOwn, state),
        confirmation(state, timer),
        watch(port, {folders.administrator, folders.own, folders.users, folders.lists,
                     folders.settings, state.fullPath(SETTINGS_FILE)}),
        clockWatch(port),
        ruleClock(clock, sinceBoot, state),
        settings(folders.settings, read, state),
        profiles(read.profiles, state),
        changeLog(parentOf(folders.own), disk),
        inForce({folders, read, settings, users, state, clock, ruleClock, profiles, aside}),
        applying(*this),
        changing(*this) {}

  uint64_t now() const { return inForce.now(); }

  // Loading -------------------------------------------------------------------------------------

  void loadFirst() {
    own.removeTemporary();
    usersOwn.removeTemporary();
    state.removeTemporary();
    changeLog.read();
    auto before = lastGoodSources(state);
    auto takenBack = takeBackOverdue();
    profiles.restore(inForce.started(), now());
    settings.restore();
    inForce.loadFirst(takenBack);
    noteFiles(changedBetween(before, inForce.sources(), folders.own),
              "files of rules were changed while no policy ran");
    noteSettings();
  }

  // The change log ------------------------------------------------------------------------------

  void note(Change change) {
    KJ_IF_MAYBE (tell, noted) (*tell)(change);
    changing.add(changeLog.append(kj::mv(change), now()));
  }

  void noteFiles(kj::Vector<ChangedFile> files, kj::StringPtr what) {
    if (files.empty()) return;
    Change change;
    change.who = kj::str("whoever wrote the files");
    change.what = kj::str(what);
    change.files = kj::mv(files);
    note(kj::mv(change));
  }

  void noteSettings() {
    constexpr kj::StringPtr SETTINGS = "portreeve.toml [policy]"_kj;
    auto settingsText = policySettings(settings.ofFile(), profiles.all());
    kj::Maybe<kj::String> before;
    for (auto& change : changeLog.all())
      for (auto& file : change.files)
        if (file.file == SETTINGS)
          before = file.after.map([](auto& text) { return kj::str(text); });
    KJ_IF_MAYBE (text, before) {
      if (*text == settingsText) return;
    }
    Change change;
    change.who = kj::str("whoever wrote the settings");
    change.what = kj::str(before == nullptr ? "the settings as they were first"
                                            : "the settings were changed");
    change.files.add(ChangedFile{kj::str(SETTINGS), false, kj::mv(before), kj::mv(settingsText)});
    note(kj::mv(change));
  }

  void noteChanges(kj::String before) {
    // By hand, or from an archive.
    if (before == settings.changes()) return;
    ChangedFile file{kj::str(SETTINGS_FILE), true, nullptr, nullptr};
    if (before.size() > 0) file.before = kj::mv(before);
    if (settings.changes().size() > 0) file.after = kj::str(settings.changes());
    kj::Vector<ChangedFile> files;
    files.add(kj::mv(file));
    noteFiles(kj::mv(files), "the file of changed settings was changed");
  }

  kj::Vector<ChangedFile> beforeAndAfter(kj::ArrayPtr<const FileChange> changes) const {
    kj::Vector<ChangedFile> all;
    for (auto& change : changes) {
      ChangedFile file;
      file.file = kj::str(change.name);
      file.own = true;
      KJ_IF_MAYBE (content, files.read(change.name)) {
        file.before = kj::str(content->text);
        file.beforeWrittenNs = content->writtenNs;
      }
      KJ_IF_MAYBE (content, change.content) file.after = kj::str(content->text);
      all.add(kj::mv(file));
    }
    return all;
  }

  kj::Vector<FileChange> takeBackOverdue() {
    kj::Vector<FileChange> back;
    KJ_IF_MAYBE (problem, kj::runCatchingExceptions([&]() { confirmation.restore(now()); })) {
      log::exception("looking for rules that are to be confirmed", *problem);
      return back;
    }
    if (!confirmation.overdue()) return back;
    back = confirmation.back();
    for (auto& change : confirmation.back()) files.makeNow(kj::mv(change));
    state.removeNow(Confirmation::FILE_NAME);
    confirmation.forget();
    log::warning("rules that were not confirmed in time were taken back");
    return back;
  }

  kj::Promise<uint32_t> loadAndApply(bool noteOwn = true) {
    bool switched = profiles.readChoice(now());
    bool otherSettings = readSettings(noteOwn);
    return inForce.load(otherSettings)
        .then([this, noteOwn, switched](bool fresh) -> kj::Promise<uint32_t> {
          if (!fresh) return switched ? applyCircumstances() : kj::Promise<uint32_t>(0u);
          noteRead(noteOwn);
          return applyChange();
        });
  }

  bool readSettings(bool noteOwn) {
    // Whether others are in force.
    bool ofFile = settings.readFile([this](auto& table) { return inForce.problemWith(table); });
    if (ofFile) noteSettings();
    auto before = kj::str(settings.changes());
    bool others = settings.readChanges() || ofFile;
    if (noteOwn) noteChanges(kj::mv(before));
    return others;
  }

  void noteRead(bool noteOwn) {
    // Those of the suite's own that it wrote itself are noted by who wrote them.
    kj::Vector<ChangedFile> byHand;
    for (auto& file : changedBetween(inForce.sourcesBefore(), inForce.sources(), folders.own))
      if (!file.own || noteOwn) byHand.add(kj::mv(file));
    noteFiles(kj::mv(byHand), "files of rules were changed");
  }

  kj::Promise<uint32_t> applyCircumstances() {
    inForce.takeCircumstances();
    return applyChange();
  }

  kj::Promise<uint32_t> applyChange() {
    wake->fulfill();  // other rules end at other times
    KJ_IF_MAYBE (judgeAgain, apply) {
      auto judged = (*judgeAgain)().fork();
      applying.add(judged.addBranch().ignoreResult());
      // It goes on; but no other change may have to wait for an interceptor that hangs.
      auto enough = timer.afterDelay(LONGEST_APPLY).then([]() {
        log::warning("changed rules: the kernel has not taken them for all open connections yet");
        return uint32_t(0);
      });
      return judged.addBranch().exclusiveJoin(kj::mv(enough));
    }
    return uint32_t(0);
  }

  void taskFailed(kj::Exception&& e) override { log::exception("after a change of rules", e); }

  // One change at a time ------------------------------------------------------------------------

  template <typename Result>
  kj::Promise<Result> inTurn(kj::Function<kj::Promise<Result>()> change) {
    auto done = kj::newPromiseAndFulfiller<void>();
    auto before = lastInTurn.addBranch();
    lastInTurn = done.promise.fork();
    auto next = kj::defer([fulfiller = kj::mv(done.fulfiller)]() mutable { fulfiller->fulfill(); });
    return before.then([change = kj::mv(change)]() mutable { return change(); })
        .attach(kj::mv(next));
  }

  // The suite's own files -----------------------------------------------------------------------

  kj::Promise<void> makeAll(kj::Vector<FileChange> changes) {
    kj::Promise<void> all = kj::READY_NOW;
    for (auto& change : changes)
      all = all.then(
          [this, change = kj::mv(change)]() mutable { return files.make(kj::mv(change)); });
    return all;
  }

  kj::Vector<FileChange> undoing(kj::ArrayPtr<const FileChange> changes) const {
    kj::Vector<FileChange> back;
    for (auto& change : changes)
      back.add(FileChange{kj::str(change.name), files.read(change.name)});
    return back;
  }

  kj::Promise<uint32_t> make(kj::Vector<FileChange> changes, kj::Duration confirmWithin,
                             Change entry) {
    entry.files = beforeAndAfter(changes);
    bool begins = confirmWithin > 0 * kj::SECONDS && !confirmation.pending();
    // The way back is on the disk before the way there.
    auto prepared = confirmWithin > 0 * kj::SECONDS
                        ? confirmation.begin(undoing(changes), confirmWithin, now())
                        : kj::Promise<void>(kj::READY_NOW);
    return prepared
        .then([this, changes = kj::mv(changes)]() mutable { return makeAll(kj::mv(changes)); })
        .catch_([this, begins](kj::Exception&& e) -> kj::Promise<void> {
          if (!begins) return kj::mv(e);
          return confirmation.end().then(
              [e = kj::mv(e)]() mutable -> kj::Promise<void> { return kj::mv(e); });
        })
        .then([this, entry = kj::mv(entry)]() mutable {
          note(kj::mv(entry));
          return loadAndApply(false);
        })
        .then([this](uint32_t affected) {
          if (inForce.problems().size() > 0)
            fail("it is written, but not in force, because a file was changed meanwhile:\n",
                 allLines(inForce.problems()));
          return affected;
        });
  }

  kj::Promise<uint32_t> takeBack() {
    auto back = confirmation.back();
    auto asBefore = changed(inForce.sources(), back, folders.own, now());
    Change entry;
    entry.who = kj::str("portreeve");
    entry.what = kj::str("what was not confirmed in time was taken back");
    entry.files = beforeAndAfter(back);
    return makeAll(kj::mv(back))
        .then([this]() { return confirmation.end(); })
        .then([this, asBefore = kj::mv(asBefore), entry = kj::mv(entry)]() mutable {
          log::warning("not confirmed in time: the rules are as they were before");
          note(kj::mv(entry));
          return loadAndApply(false).then(
              [this, asBefore = kj::mv(asBefore)](uint32_t affected) mutable {
                return takeBackDespite(kj::mv(asBefore), affected);
              });
        });
  }

  kj::Promise<uint32_t> takeBackDespite(RuleSources asBefore, uint32_t affected) {
    if (inForce.problems().size() == 0) return affected;
    // Somebody's file is bad just now: what was not confirmed must not stay for that.
    return inForce.loadFrom(kj::mv(asBefore)).then([this, affected](bool good) {
      return good ? applyChange() : kj::Promise<uint32_t>(affected);
    });
  }

  // Adding and removing ---------------------------------------------------------------------------

  ChangeContext changeContext(kj::ArrayPtr<const rules::RuleSource> current,
                              const KeptBy& whose) const {
    return ChangeContext{inForce.set(), current,           files, folders.own, whose,
                         users,         inForce.started(), now()};
  }

  void requireMayChange(const KeptBy& whose, kj::Duration confirmWithin) {
    KJ_IF_MAYBE (uid, whose.user) {
      if (confirmWithin > 0 * kj::SECONDS)
        fail("rules of your own are in force at once: nothing of them is to be confirmed");
      quota.take(*uid, sinceBoot());
    }
  }

  static Change entry(kj::StringPtr who, kj::String what, kj::Duration confirmWithin) {
    Change made;
    made.who = kj::str(who);
    made.what = kj::mv(what);
    if (confirmWithin > 0 * kj::SECONDS)
      made.what =
          kj::str(made.what, ", to be confirmed within ", confirmWithin / kj::SECONDS, " s");
    return made;
  }

  kj::Promise<Added> add(kj::StringPtr toml, kj::Duration confirmWithin, kj::StringPtr who,
                         KeptBy whose) {
    requireMayChange(whose, confirmWithin);
    return inForce.readFiles().then([this, toml, confirmWithin, who,
                                     whose](rules::FolderContent content) {
      auto planned = planAddition(changeContext(content.sources, whose), toml);
      auto made = entry(who, kj::str("rule \"", planned.firstRule, "\" was added"), confirmWithin);
      return makeIfGood(kj::mv(content), kj::mv(planned.changes), confirmWithin, kj::mv(made),
                        whose)
          .then([first = kj::mv(planned.firstRule)](uint32_t affected) mutable {
            return Added{affected, kj::mv(first)};
          });
    });
  }

  kj::Promise<uint32_t> remove(kj::StringPtr name, kj::Duration confirmWithin, kj::StringPtr who,
                               KeptBy whose) {
    requireMayChange(whose, confirmWithin);
    return inForce.readFiles().then(
        [this, name, confirmWithin, who, whose](rules::FolderContent content) {
          auto changes = planRemoval(changeContext(content.sources, whose), name);
          return makeIfGood(kj::mv(content), kj::mv(changes), confirmWithin,
                            entry(who, kj::str("rule \"", name, "\" was removed"), confirmWithin),
                            whose);
        });
  }

  kj::Promise<Added> replace(kj::StringPtr name, kj::StringPtr toml, kj::Duration confirmWithin,
                             kj::StringPtr who) {
    return inForce.readFiles().then([this, name, toml, confirmWithin,
                                     who](rules::FolderContent content) {
      auto planned = planReplacement(changeContext(content.sources, {}), name, toml);
      auto what = kj::str("rule \"", name, "\" was changed",
                          planned.rule == name ? kj::str() : kj::str(" to \"", planned.rule, '"'));
      return makeIfGood(kj::mv(content), kj::mv(planned.changes), confirmWithin,
                        entry(who, kj::mv(what), confirmWithin))
          .then([rule = kj::mv(planned.rule)](uint32_t affected) mutable {
            return Added{affected, kj::mv(rule)};
          });
    });
  }

  kj::Promise<uint32_t> move(kj::StringPtr name, kj::StringPtr before, kj::Duration confirmWithin,
                             kj::StringPtr who) {
    return inForce.readFiles().then(
        [this, name, before, confirmWithin, who](rules::FolderContent content) {
          auto changes = planMove(changeContext(content.sources, {}), name, before);
          auto where =
              before.size() > 0 ? kj::str("before \"", before, '"') : kj::str("behind all others");
          return makeIfGood(
              kj::mv(content), kj::mv(changes), confirmWithin,
              entry(who, kj::str("rule \"", name, "\" was moved ", where), confirmWithin));
        });
  }

  kj::Promise<Undone> undo(uint32_t number, kj::Duration confirmWithin, kj::StringPtr who) {
    return inForce.readFiles().then([this, number, confirmWithin,
                                     who](rules::FolderContent content) {
      auto& change = requireUndoable(changeLog, number);
      auto made = entry(who, kj::str("change ", change.number, " was undone (", change.what, ')'),
                        confirmWithin);
      made.undoes = change.number;
      Undone undone{0, change.number, kj::str(change.what)};
      return makeIfGood(kj::mv(content), planUndo(change, files), confirmWithin, kj::mv(made))
          .then([undone = kj::mv(undone)](uint32_t affected) mutable {
            undone.affected = affected;
            return kj::mv(undone);
          });
    });
  }

  kj::Promise<uint32_t> makeIfGood(rules::FolderContent content, kj::Vector<FileChange> changes,
                                   kj::Duration confirmWithin, Change entry, KeptBy whose = {}) {
    // Together with all others, before anything is written. What is written then is what was tried,
    // its time included, so that it need not be compiled again.
    for (auto& change : changes)
      KJ_IF_MAYBE (file, change.content)
        if (file->writtenNs == 0) file->writtenNs = now();
    auto wanted = changed(content.sources, changes, folders.own, now());
    return inForce.tryOut(kj::mv(wanted), settings.after(changes))
        .then([this, unread = kj::mv(content.problems), changes = kj::mv(changes), confirmWithin,
               entry = kj::mv(entry), whose](RulesInForce::Trial trial) mutable {
          if (whose.user == nullptr)
            requireNone(unread, trial.problems);
          else
            requireGoodForUser(changes, unread.size() + trial.problems.size() > 0, trial.ofUsers);
          return make(kj::mv(changes), confirmWithin, kj::mv(entry));
        });
  }

  static void requireGoodForUser(kj::ArrayPtr<const FileChange> changes, bool othersAreBad,
                                 kj::ArrayPtr<const rules::Problem> ofUsers) {
    // What is wrong with others' files is not his to see.
    if (othersAreBad)
      fail("nothing was changed: a file of the administrator's is not good just now");
    for (auto& problem : ofUsers)
      for (auto& change : changes)
        if (fileName(problem.file) == fileName(change.name))
          fail("nothing was changed, because of: ", problem.line, ':', problem.column, ": ",
               problem.reason);
  }

  // Settings and profiles -----------------------------------------------------------------------

  kj::Promise<uint32_t> changeSettings(kj::ArrayPtr<const SettingChange> wanted,
                                       kj::Duration confirmWithin, kj::StringPtr who) {
    kj::Vector<FileChange> changes;
    changes.add(settings.planned(wanted));
    if (settings.isAsBefore(changes[0])) return uint32_t(0);
    auto words = KJ_MAP(one, wanted) {
      return one.value.size() > 0 ? kj::str(one.name, " = ", one.value)
                                  : kj::str(one.name, " as the file says");
    };
    auto made =
        entry(who, kj::str("settings were changed: ", kj::strArray(words, ", ")), confirmWithin);
    return inForce.readFiles().then([this, changes = kj::mv(changes), made = kj::mv(made),
                                     confirmWithin](rules::FolderContent content) mutable {
      return makeIfGood(kj::mv(content), kj::mv(changes), confirmWithin, kj::mv(made));
    });
  }

  kj::Promise<uint32_t> useProfile(kj::StringPtr name, kj::Duration confirmWithin,
                                   kj::StringPtr who) {
    kj::Vector<FileChange> changes;
    changes.add(FileChange{kj::str(CHOICE_FILE), profiles.choiceOf(name)});
    auto what = name == "auto"   ? kj::str("the profile goes by the network")
                : name == "none" ? kj::str("no profile was chosen, whatever the network")
                                 : kj::str("profile \"", name, "\" was chosen");
    return make(kj::mv(changes), confirmWithin, entry(who, kj::mv(what), confirmWithin));
  }

  kj::Promise<uint32_t> learn(Attachment attachment) {
    auto before = kj::str(profiles.inForce());
    if (!profiles.learn(kj::mv(attachment), now())) return uint32_t(0);
    if (profiles.inForce() != before) noteSwitch();
    return applyCircumstances();
  }

  void noteSwitch() {
    auto name = profiles.inForce();
    Change change;
    change.who = kj::str("the network");
    change.what = kj::str(name.size() == 0 ? kj::str("no profile is in force")
                                           : kj::str("profile \"", name, "\" is in force"),
                          " (", profiles.reason(), ')');
    log::info(change.what);
    note(kj::mv(change));
  }

  static void requireNone(kj::ArrayPtr<const rules::Problem> unread,
                          kj::ArrayPtr<const rules::Problem> problems) {
    kj::Vector<kj::String> all;
    for (auto& problem : unread) all.add(problem.toString());
    for (auto& problem : problems) all.add(problem.toString());
    if (!all.empty()) fail("nothing was changed, because of:\n", kj::strArray(all, "\n"));
  }

  // What happens by itself ----------------------------------------------------------------------

  kj::Promise<void> logged(kj::StringPtr doing, kj::Promise<void> act) {
    return act.catch_([doing](kj::Exception&& e) { log::exception(doing, e); });
  }

  kj::Promise<void> readAgain() {
    return logged("reading the rule files",
                  inTurn<uint32_t>([this]() { return loadAndApply(); }).ignoreResult());
  }

  kj::Promise<void> watchFiles() {
    return watch.changed()
        .then([this]() { return settled(timer.now() + LONGEST_SETTLE); })
        .then([this]() { return readAgain(); })
        .then([this]() { return watchFiles(); });
  }

  kj::Promise<void> settled(kj::TimePoint latest) {
    auto quiet = timer.afterDelay(SETTLE).then([]() { return true; });
    auto more = watch.changed().then([]() { return false; });
    return quiet.exclusiveJoin(kj::mv(more)).then([this, latest](bool still) -> kj::Promise<void> {
      if (still || timer.now() >= latest) return kj::READY_NOW;
      return settled(latest);
    });
  }

  kj::TimePoint nextWake() {
    auto next = timer.now() + LONGEST_SLEEP;
    uint64_t wall = now();
    uint64_t expiry = inForce.set().nextExpiry(wall);
    if (expiry != 0) {
      uint64_t left = kj::min(expiry - wall, uint64_t(LONGEST_SLEEP / kj::NANOSECONDS));
      next = kj::min(next, timer.now() + int64_t(left) * kj::NANOSECONDS + AFTER_EXPIRY);
    }
    // One that could not be taken back (disk full) is tried again with the next look.
    if (confirmation.pending() && !confirmation.overdue())
      next = kj::min(next, confirmation.until());
    return next;
  }

  kj::Promise<void> keepTime() {
    auto woken = kj::newPromiseAndFulfiller<void>();
    wake = kj::mv(woken.fulfiller);
    return timer.atTime(nextWake())
        .exclusiveJoin(kj::mv(woken.promise))
        .exclusiveJoin(clockWatch.changed())
        .then([this]() { return logged("looking at the rules' times", look()); })
        .then([this]() { return keepTime(); });
  }

  kj::Promise<void> look() {
    if (inForce.clockChanged())
      log::info("the clock was set: rules that last a while end when they would have");
    if (confirmation.overdue())
      return inTurn<uint32_t>([this]() -> kj::Promise<uint32_t> {
               // It may have been confirmed while this waited for its turn.
               if (!confirmation.overdue()) return uint32_t(0);
               return takeBack();
             })
          .ignoreResult();
    if (inForce.rulesEnded()) {
      log::info("a rule has ended, or its hours have begun or are over");
      return applyChange().ignoreResult();
    }
    watch.arm();
    if (inForce.filesChanged() || settings.fileChanged()) return readAgain();
    return kj::READY_NOW;
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
  impl->noted = kj::mv(noted);
}

void RuleStore::onChange(Apply apply) {
  impl->apply = kj::mv(apply);
}

kj::Promise<void> RuleStore::run() {
  return impl->watchFiles().exclusiveJoin(impl->keepTime());
}

kj::Promise<RuleStore::Added> RuleStore::add(kj::StringPtr toml, kj::Duration confirmWithin,
                                             kj::StringPtr who, KeptBy whose) {
  return impl->inTurn<Added>(
      [this, toml = kj::str(toml), who = kj::str(who), confirmWithin, whose]() mutable {
        auto added = impl->add(toml, confirmWithin, who, whose);
        return added.attach(kj::mv(toml), kj::mv(who));
      });
}

kj::Promise<uint32_t> RuleStore::remove(kj::StringPtr name, kj::Duration confirmWithin,
                                        kj::StringPtr who, KeptBy whose) {
  return impl->inTurn<uint32_t>(
      [this, name = kj::str(name), who = kj::str(who), confirmWithin, whose]() mutable {
        auto removed = impl->remove(name, confirmWithin, who, whose);
        return removed.attach(kj::mv(name), kj::mv(who));
      });
}

kj::Promise<RuleStore::Added> RuleStore::replace(kj::StringPtr name, kj::StringPtr toml,
                                                 kj::Duration confirmWithin, kj::StringPtr who) {
  return impl->inTurn<Added>([this, name = kj::str(name), toml = kj::str(toml), who = kj::str(who),
                              confirmWithin]() mutable {
    auto replaced = impl->replace(name, toml, confirmWithin, who);
    return replaced.attach(kj::mv(name), kj::mv(toml), kj::mv(who));
  });
}

kj::Promise<uint32_t> RuleStore::move(kj::StringPtr name, kj::StringPtr before,
                                      kj::Duration confirmWithin, kj::StringPtr who) {
  return impl->inTurn<uint32_t>([this, name = kj::str(name), before = kj::str(before),
                                 who = kj::str(who), confirmWithin]() mutable {
    auto moved = impl->move(name, before, confirmWithin, who);
    return moved.attach(kj::mv(name), kj::mv(before), kj::mv(who));
  });
}

kj::Promise<RuleStore::Undone> RuleStore::undo(uint32_t number, kj::Duration confirmWithin,
                                               kj::StringPtr who) {
  return impl->inTurn<Undone>([this, number, who = kj::str(who), confirmWithin]() mutable {
    auto undone = impl->undo(number, confirmWithin, who);
    return undone.attach(kj::mv(who));
  });
}

kj::Promise<uint32_t> RuleStore::useProfile(kj::StringPtr name, kj::Duration confirmWithin,
                                            kj::StringPtr who) {
  return impl->inTurn<uint32_t>([this, name = kj::str(name), who = kj::str(who), confirmWithin]() {
    return impl->useProfile(name, confirmWithin, who);
  });
}

kj::Promise<uint32_t> RuleStore::changeSettings(kj::Array<SettingChange> changes,
                                                kj::Duration confirmWithin, kj::StringPtr who) {
  return impl->inTurn<uint32_t>(
      [this, changes = kj::mv(changes), who = kj::str(who), confirmWithin]() {
        return impl->changeSettings(changes, confirmWithin, who);
      });
}

const SettingsInForce& RuleStore::settings() const {
  return impl->settings;
}

kj::Promise<void> RuleStore::learn(Attachment attachment) {
  return impl
      ->inTurn<uint32_t>([this, attachment = kj::mv(attachment)]() mutable {
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
  return impl->inTurn<uint32_t>([this, mode]() {
    return impl->inForce.change(mode).then([this](bool good) {
      if (!good) fail("the rules in force do not load any more: see the log");
      return impl->applyChange();
    });
  });
}

kj::Promise<void> RuleStore::reload() {
  return impl->inTurn<uint32_t>([this]() { return impl->loadAndApply(); }).ignoreResult();
}

kj::Promise<bool> RuleStore::confirm() {
  return impl->inTurn<bool>([this]() -> kj::Promise<bool> {
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
