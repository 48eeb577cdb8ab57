// SPDX-License-Identifier: GPL-3.0-or-later
#include "policy/rule-activation.h"

#include "common/log.h"
#include "policy/file-changes.h"

namespace portreeve::policy {
namespace {

constexpr auto LONGEST_JUDGING = 5 * kj::SECONDS;

}  // namespace

kj::Promise<uint32_t> RuleActivation::reload() {
  return load(Own::UNNOTED);
}

kj::Promise<uint32_t> RuleActivation::loadOwn() {
  return load(Own::NOTED);
}

kj::Promise<uint32_t> RuleActivation::load(Own own) {
  bool switched = parts.profiles.readChoice(parts.inForce.now());
  bool otherSettings = readSettings(own);
  return parts.inForce.load(otherSettings)
      .then([this, own, switched](bool fresh) -> kj::Promise<uint32_t> {
        if (!fresh) return switched ? applyCircumstances() : kj::Promise<uint32_t>(0u);
        noteRead(own);
        return apply();
      });
}

bool RuleActivation::readSettings(Own own) {
  auto& settings = parts.settings;
  bool ofFile = settings.readFile([this](auto& table) { return parts.inForce.problemWith(table); });
  if (ofFile) parts.recorder.noteSettings(settings.ofFile(), parts.profiles.all());
  auto before = kj::str(settings.changes());
  bool others = settings.readChanges() || ofFile;
  if (own == Own::UNNOTED) parts.recorder.noteSettingsFile(kj::mv(before), settings.changes());
  return others;
}

void RuleActivation::noteRead(Own own) {
  kj::Vector<ChangedFile> byHand;
  for (auto& file :
       changedBetween(parts.inForce.sourcesBefore(), parts.inForce.sources(), parts.ownFolder))
    if (!file.own || own == Own::UNNOTED) byHand.add(kj::mv(file));
  parts.recorder.noteFiles(kj::mv(byHand), "files of rules were changed");
}

kj::Promise<uint32_t> RuleActivation::applyCircumstances() {
  parts.inForce.takeCircumstances();
  return apply();
}

kj::Promise<uint32_t> RuleActivation::apply() {
  tell->fulfill();
  KJ_IF_MAYBE (act, judgeAgain) {
    auto judged = (*act)().fork();
    judging.add(judged.addBranch().ignoreResult());
    // It goes on; but no other change may have to wait for an interceptor that hangs.
    auto enough = parts.timer.afterDelay(LONGEST_JUDGING).then([]() {
      log::warning("changed rules: the kernel has not taken them for all open connections yet");
      return uint32_t(0);
    });
    return judged.addBranch().exclusiveJoin(kj::mv(enough));
  }
  return uint32_t(0);
}

kj::Promise<void> RuleActivation::changed() {
  auto next = kj::newPromiseAndFulfiller<void>();
  tell = kj::mv(next.fulfiller);
  return kj::mv(next.promise);
}

void RuleActivation::taskFailed(kj::Exception&& e) {
  log::exception("after a change of rules", e);
}

}  // namespace portreeve::policy
