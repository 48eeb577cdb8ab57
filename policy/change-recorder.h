// SPDX-License-Identifier: GPL-3.0-or-later
// Writes changes into the change log and tells who listens. Besides what somebody asked policy for,
// these are the changes that were made without it: files that a person wrote, settings, and the
// network that the machine is on.
#pragma once

#include "common/settings.h"
#include "policy/change-log.h"
#include "policy/profiles.h"

#include <kj/array.h>
#include <kj/async.h>
#include <kj/function.h>
#include <kj/string.h>
#include <kj/vector.h>

#include <cstdint>

namespace portreeve::policy {

class ChangeRecorder final : private kj::TaskSet::ErrorHandler {
public:
  ChangeRecorder(ChangeLog& changes, kj::Function<uint64_t()>& wallClock)
      : changes(changes), now(wallClock), appending(*this) {}
  // Both outlive it.
  KJ_DISALLOW_COPY(ChangeRecorder);

  void onNoted(kj::Function<void(const Change&)> listener) { noted = kj::mv(listener); }
  // Told each change when it is made, before it is on the disk.

  void note(Change change);
  // It is on its way to the disk then; that it does not get there is logged.

  void noteFiles(kj::Vector<ChangedFile> files, kj::StringPtr what);
  // By whoever wrote them. Where there are none, nothing.
  void noteSettings(const Settings::PolicyTable& ofFile, kj::ArrayPtr<const Profile> profiles);
  // Of portreeve.toml, where they are others than the log knows.
  void noteSettingsFile(kj::String before, kj::StringPtr after);
  // The suite's own file of changed settings, where its text is another: by hand, or from an
  // archive. Empty: there is none.
  void noteSwitch(const Profiles& profiles);
  // Another one is in force, for the network's sake.

private:
  ChangeLog& changes;
  kj::Function<uint64_t()>& now;
  kj::Maybe<kj::Function<void(const Change&)>> noted;
  kj::TaskSet appending;

  kj::Maybe<kj::String> settingsBefore() const;
  void taskFailed(kj::Exception&& e) override;
};

}  // namespace portreeve::policy
