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
  load();
  if (current == nullptr) loadLastGood(takenBack);
  clockChanged();
}

bool RulesInForce::load(bool otherSettings) {
  auto before = problem();
  lookedAt = fingerprint(parts.folders);
  auto lists = fingerprintOfLists(parts.folders);
  bool sameLists = lists == listsWere;
  listsWere = kj::mv(lists);
  auto content = readRuleFiles(parts.folders);
  parts.ruleClock.age(content.sources);
  bool asBefore = current != nullptr && sameLists && !otherSettings && content.problems.empty() &&
                  same(content.sources, from);
  wrong = kj::mv(content.problems);
  if (asBefore) {
    if (before.size() > 0) say();
    return false;
  }
  auto loaded = compile(content.sources);
  for (auto& one : loaded.problems) wrong.add(kj::mv(one));
  for (auto& list : loaded.missing) log::warning(list);
  if (wrong.empty()) put(kj::mv(KJ_ASSERT_NONNULL(loaded.set)), kj::mv(content.sources));
  if (wrong.empty() || before != problem()) say();
  return wrong.empty();
}

bool RulesInForce::loadFrom(RuleSources sources) {
  auto loaded = compile(sources);
  KJ_IF_MAYBE (good, loaded.set) {
    put(kj::mv(*good), kj::mv(sources));
    return true;
  }
  return false;
}

bool RulesInForce::change(rules::Mode to) {
  auto before = mode;
  mode = to;
  if (loadFrom(copyOf(from))) return true;
  mode = before;
  return false;
}

void RulesInForce::loadLastGood(kj::ArrayPtr<const FileChange> takenBack) {
  // Policy comes back while somebody's file is bad: the machine stays guarded as it was.
  KJ_IF_MAYBE (content, parts.state.read(LAST_GOOD_FILE)) {
    auto last = parseLastGood(parts.state.fullPath(LAST_GOOD_FILE), content->text);
    if (loadFrom(changed(last, takenBack, parts.folders.own, now()))) return;
  }
  fail(allLines(wrong));
}

RuleSet::Loaded RulesInForce::compile(kj::ArrayPtr<const rules::RuleSource> sources) const {
  return compile(sources, parts.table.now());
}

RuleSet::Loaded RulesInForce::compile(kj::ArrayPtr<const rules::RuleSource> sources,
                                      const Settings::PolicyTable& table) const {
  auto& settings = parts.settings;
  return RuleSet::load(sources,
                       rules::RuleOptions{parts.users, table.defaultAction, table.keepExisting,
                                          table.builtinOff, parts.folders.lists, startedNs,
                                          settings.profiles.asPtr(), settings.ways.asPtr(), mode});
}

void RulesInForce::put(kj::Own<RuleSet> fresh, RuleSources sources) {
  KJ_IF_MAYBE (previous, current) fresh->adoptCounts(**previous);
  current = kj::mv(fresh);
  takeCircumstances();
  former = kj::mv(from);
  from = kj::mv(sources);
  loadedNs = now();
  phase = set().phase(loadedNs);
  keepAsLastGood();
}

void RulesInForce::keepAsLastGood() {
  parts.ruleClock.keep(from);
  keeping = parts.state.replace(LAST_GOOD_FILE, FileContent{lastGoodText(from)})
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
  keepAsLastGood();
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
