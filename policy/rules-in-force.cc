// SPDX-License-Identifier: GPL-3.0-or-later
#include "policy/rules-in-force.h"

#include "common/clock.h"
#include "common/log.h"
#include "policy/failure.h"
#include "policy/last-good-file.h"
#include "policy/rule-changes.h"
#include "policy/suite-start.h"

#include <kj/debug.h>

namespace portreeve::policy {

using rules::RuleSet;

RulesInForce::RulesInForce(Parts parts) : parts(parts), startedNs(suiteStartedNs()) {}

void RulesInForce::loadFirst(kj::ArrayPtr<const FileChange> takenBack) {
  parts.ruleClock.restore();
  auto reading = read(parts.folders);
  isNews(reading);
  auto made = making(kj::mv(reading.content.sources))();
  take(kj::mv(made), kj::mv(reading.content.problems));
  if (current == nullptr) loadLastGood(takenBack);
  clockChanged();
}

void RulesInForce::loadLastGood(kj::ArrayPtr<const FileChange> takenBack) {
  // Policy comes back while somebody's file is bad: the machine stays guarded as it was.
  KJ_IF_MAYBE (content, parts.state.read(LAST_GOOD_FILE)) {
    auto last = parseLastGood(parts.state.fullPath(LAST_GOOD_FILE), content->text);
    auto made = making(changed(last, takenBack, parts.folders.own, now()))();
    if (made.loaded.set != nullptr) return put(kj::mv(made));
  }
  fail(allLines(wrong));
}

kj::Promise<bool> RulesInForce::load(bool otherSettings) {
  settingsAreOwed = settingsAreOwed || otherSettings;
  return runAside(parts.aside, [&folders = parts.folders]() { return read(folders); })
      .then([this](Reading reading) -> kj::Promise<bool> {
        if (isNews(reading)) return make(kj::mv(reading));
        bool wasWrong = !wrong.empty();
        wrong.clear();
        if (wasWrong) say();
        return false;
      });
}

RulesInForce::Reading RulesInForce::read(const RuleFolders& folders) {
  // In this order: what changes while the files are read is seen at the next look.
  Reading reading{fingerprint(folders), fingerprintOfLists(folders), {}};
  reading.content = readRuleFiles(folders);
  return reading;
}

bool RulesInForce::isNews(Reading& reading) {
  lookedAt = kj::mv(reading.files);
  bool sameLists = reading.lists == listsWere;
  listsWere = kj::mv(reading.lists);
  auto& content = reading.content;
  parts.ruleClock.age(content.sources);
  return current == nullptr || settingsAreOwed || !sameLists || !content.problems.empty() ||
         !same(content.sources, from);
}

kj::Maybe<RulesInForce::Made> RulesInForce::asTried(const Reading& reading) {
  KJ_IF_MAYBE (one, tried) {
    bool asNow = one->table == parts.table.now() && one->lists == listsWere && one->mode == mode &&
                 one->clockJumps == clockJumps && one->generation == generation;
    if (asNow && same(one->made.sources, reading.content.sources)) {
      auto made = kj::mv(one->made);
      tried = nullptr;
      return kj::mv(made);
    }
  }
  discardTried();
  return nullptr;
}

void RulesInForce::discardTried() {
  KJ_IF_MAYBE (one, tried) discard(kj::mv(KJ_ASSERT_NONNULL(one->made.loaded.set)));
  tried = nullptr;
}

kj::Promise<bool> RulesInForce::make(Reading reading) {
  KJ_IF_MAYBE (made, asTried(reading)) return take(kj::mv(*made), kj::mv(reading.content.problems));
  return runAside(parts.aside, making(kj::mv(reading.content.sources)))
      .then([this, jumps = clockJumps,
             problems = kj::mv(reading.content.problems)](Made made) mutable -> kj::Promise<bool> {
        // The clock was set meanwhile: files are older, or younger, than they were taken for.
        if (jumps != clockJumps) return load();
        return take(kj::mv(made), kj::mv(problems));
      });
}

kj::Function<RulesInForce::Made()> RulesInForce::making(RuleSources sources) const {
  return making(kj::mv(sources), parts.table.now());
}

kj::Function<RulesInForce::Made()> RulesInForce::making(RuleSources sources,
                                                        const Settings::PolicyTable& table) const {
  const RuleSet* previous = nullptr;
  KJ_IF_MAYBE (set, current) previous = set->get();
  // What may change meanwhile goes along as a copy.
  return [this, table = table.copy(), startedNs = startedNs, mode = mode, previous,
          sources = kj::mv(sources)]() mutable {
    Made made;
    made.loaded = RuleSet::load(sources, options(table, startedNs, mode));
    KJ_IF_MAYBE (set, made.loaded.set) {
      made.lastGood = lastGoodText(sources);
      if (previous != nullptr) made.asBefore = (*set)->sameAs(*previous);
    }
    made.sources = kj::mv(sources);
    return made;
  };
}

rules::RuleOptions RulesInForce::options(const Settings::PolicyTable& table, uint64_t started,
                                         rules::Mode of) const {
  return rules::RuleOptions{parts.users,
                            table.defaultAction,
                            table.keepExisting,
                            table.builtinOff,
                            parts.folders.lists,
                            started,
                            parts.settings.profiles.asPtr(),
                            parts.settings.ways.asPtr(),
                            of,
                            parts.settings.othersHaveDnsPort};
}

kj::Maybe<kj::String> RulesInForce::problemWith(const Settings::PolicyTable& table) const {
  auto loaded = RuleSet::load(nullptr, options(table, startedNs, mode));
  if (loaded.problems.empty()) return nullptr;
  return loaded.problems[0].toString();
}

bool RulesInForce::take(Made made, kj::Vector<rules::Problem> problems) {
  auto before = problem();
  for (auto& one : made.loaded.problems) problems.add(kj::mv(one));
  for (auto& list : made.loaded.missing) log::warning(list);
  for (auto& one : made.loaded.ofUsers)
    log::warning(kj::str("left out, of a user's own rules: ", one.toString()));
  wrong = kj::mv(problems);
  bool good = wrong.empty();
  if (good) put(kj::mv(made));
  if (good || before != problem()) say();
  return good;
}

kj::Promise<bool> RulesInForce::loadFrom(RuleSources sources) {
  return runAside(parts.aside, making(kj::mv(sources))).then([this](Made made) {
    bool good = made.loaded.set != nullptr;
    if (good) put(kj::mv(made));
    return good;
  });
}

kj::Promise<bool> RulesInForce::change(rules::Mode to) {
  auto before = mode;
  mode = to;
  return loadFrom(copyOf(from)).then([this, before](bool good) {
    if (!good) mode = before;
    return good;
  });
}

kj::Promise<rules::FolderContent> RulesInForce::readFiles() const {
  return runAside(parts.aside, [&folders = parts.folders]() { return readRuleFiles(folders); });
}

kj::Promise<RulesInForce::Trial> RulesInForce::tryOut(RuleSources sources,
                                                      const Settings::PolicyTable& table) {
  auto job = [make = making(kj::mv(sources), table), &folders = parts.folders, table = table.copy(),
              mode = mode, jumps = clockJumps, generation = generation]() mutable {
    auto lists = fingerprintOfLists(folders);
    return Tried{make(), kj::mv(table), kj::mv(lists), mode, jumps, generation};
  };
  return runAside(parts.aside, kj::mv(job)).then([this](Tried done) {
    auto& loaded = done.made.loaded;
    bool good = loaded.set != nullptr && loaded.ofUsers.empty();
    Trial trial{kj::mv(loaded.problems), kj::mv(loaded.ofUsers)};
    discardTried();
    if (good) tried = kj::mv(done);
    return trial;
  });
}

void RulesInForce::put(Made made) {
  settingsAreOwed = false;
  generation++;
  auto fresh = kj::mv(KJ_ASSERT_NONNULL(made.loaded.set));
  KJ_IF_MAYBE (previous, current) {
    fresh->adoptCounts(**previous, made.asBefore);
    discard(kj::mv(*previous));
  }
  current = kj::mv(fresh);
  takeCircumstances();
  former = kj::mv(from);
  from = kj::mv(made.sources);
  loadedNs = now();
  phase = set().phase(loadedNs);
  keepAsLastGood(kj::mv(made.lastGood));
}

void RulesInForce::discard(kj::Own<RuleSet> old) {
  discarding = parts
                   .aside([old = kj::mv(old)]() mutable {
                     auto gone = kj::mv(old);  // ten thousand rules take a while to free
                   })
                   .eagerlyEvaluate([](kj::Exception&& e) {
                     log::exception("freeing the rules from before", e);
                   });
}

void RulesInForce::keepAsLastGood(kj::String text) {
  parts.ruleClock.keep(from);
  keeping = parts.state.replace(LAST_GOOD_FILE, FileContent{kj::mv(text)})
                .eagerlyEvaluate([](kj::Exception&& e) {
                  log::exception("keeping the rules for a restart", e);
                });
}

void RulesInForce::takeCircumstances() {
  set().setCircumstances(parts.profiles.circumstances());
}

RuleSet& RulesInForce::set() {
  return *KJ_ASSERT_NONNULL(current, "loadFirst comes first");
}

const RuleSet& RulesInForce::set() const {
  return *KJ_ASSERT_NONNULL(current, "loadFirst comes first");
}

kj::String RulesInForce::problem() const {
  if (wrong.empty()) return kj::String();
  if (wrong.size() == 1) return wrong[0].toString();
  return kj::str(wrong[0].toString(), " (and ", wrong.size() - 1, " more)");
}

bool RulesInForce::filesChanged() const {
  return fingerprint(parts.folders) != lookedAt;
}

bool RulesInForce::clockChanged() {
  int64_t delta = parts.ruleClock.jump(from);
  if (delta == 0) return false;
  set().shiftDurations(delta);
  startedNs += uint64_t(delta);
  clockJumps++;
  keepAsLastGood(lastGoodText(from));
  return true;
}

bool RulesInForce::rulesEnded() {
  auto present = set().phase(now());
  if (present == phase) return false;
  phase = kj::mv(present);
  return true;
}

void RulesInForce::fill(proto::view::RulesStatus::Builder status) const {
  status.setCount(uint32_t(set().rules().size()));
  status.setFiles(uint32_t(from.size()));
  status.setLoadedAt(rfc3339(loadedNs));
  auto& profiles = parts.profiles;
  auto action = parts.table.now().defaultAction;
  KJ_IF_MAYBE (profile, profiles.settings()) action = profile->defaultAction.orDefault(action);
  status.setDefault(toText(action));
  status.setProfile(profiles.inForce());
  status.setProfileChosen(profiles.chosen());
  status.setError(problem());
}

void RulesInForce::say() const {
  if (wrong.empty())
    return log::info(kj::str("rules: ", set().rules().size(), " in force, from ", from.size(),
                             from.size() == 1 ? " file" : " files"));
  for (auto& one : wrong) log::error(one.toString());
  log::error("the rules from before stay in force");
}

}  // namespace portreeve::policy
