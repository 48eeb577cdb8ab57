// SPDX-License-Identifier: GPL-3.0-or-later
#include "policy/change-recorder.h"

#include "common/log.h"
#include "policy/file-changes.h"

namespace portreeve::policy {
namespace {

constexpr kj::StringPtr SETTINGS = "portreeve.toml [policy]"_kj;  // as a file of the log

}  // namespace

void ChangeRecorder::note(Change change) {
  KJ_IF_MAYBE (tell, noted) (*tell)(change);
  appending.add(changes.append(kj::mv(change), now()));
}

void ChangeRecorder::noteFiles(kj::Vector<ChangedFile> files, kj::StringPtr what) {
  if (files.empty()) return;
  Change change;
  change.who = kj::str("whoever wrote the files");
  change.what = kj::str(what);
  change.files = kj::mv(files);
  note(kj::mv(change));
}

void ChangeRecorder::noteSettings(const Settings::PolicyTable& ofFile,
                                  kj::ArrayPtr<const Profile> profiles) {
  auto after = policySettings(ofFile, profiles);
  auto before = settingsBefore();
  KJ_IF_MAYBE (text, before) {
    if (*text == after) return;
  }
  Change change;
  change.who = kj::str("whoever wrote the settings");
  change.what =
      kj::str(before == nullptr ? "the settings as they were first" : "the settings were changed");
  change.files.add(ChangedFile{kj::str(SETTINGS), false, kj::mv(before), kj::mv(after)});
  note(kj::mv(change));
}

kj::Maybe<kj::String> ChangeRecorder::settingsBefore() const {
  kj::Maybe<kj::String> before;
  for (auto& change : changes.all())
    for (auto& file : change.files)
      if (file.file == SETTINGS) before = file.after.map([](auto& text) { return kj::str(text); });
  return before;
}

void ChangeRecorder::noteSettingsFile(kj::String before, kj::StringPtr after) {
  if (before == after) return;
  ChangedFile file{kj::str(SETTINGS_FILE), true, nullptr, nullptr};
  if (before.size() > 0) file.before = kj::mv(before);
  if (after.size() > 0) file.after = kj::str(after);
  kj::Vector<ChangedFile> files;
  files.add(kj::mv(file));
  noteFiles(kj::mv(files), "the file of changed settings was changed");
}

void ChangeRecorder::noteSwitch(const Profiles& profiles) {
  auto name = profiles.inForce();
  Change change;
  change.who = kj::str("the network");
  change.what = kj::str(name.size() == 0 ? kj::str("no profile is in force")
                                         : kj::str("profile \"", name, "\" is in force"),
                        " (", profiles.reason(), ')');
  log::info(change.what);
  note(kj::mv(change));
}

void ChangeRecorder::taskFailed(kj::Exception&& e) {
  log::exception("after a change of rules", e);
}

}  // namespace portreeve::policy
