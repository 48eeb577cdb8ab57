// SPDX-License-Identifier: GPL-3.0-or-later
// [policy] as it is in force: what portreeve.toml says, and over it what was changed by command.
// Those changes are a file of the same format in the state folder, so that they are confirmed,
// undone and logged like a file of rules; portreeve.toml is a person's and only read.
#pragma once

#include "common/settings.h"
#include "policy/durable-folder.h"
#include "policy/rule-files.h"

#include <kj/array.h>
#include <kj/function.h>
#include <kj/string.h>

namespace portreeve::policy {

struct SettingChange {
  kj::String name;   // "policy.default"
  kj::String value;  // as TOML, a text without its quotes as well; empty: as portreeve.toml says
};

class SettingsInForce {
public:
  SettingsInForce(kj::StringPtr file, const Settings::PolicyTable& atStart, DurableFolder& state);
  // `file` is portreeve.toml, `atStart` what was read from it just now. `state` outlives it.
  KJ_DISALLOW_COPY(SettingsInForce);

  void restore();
  // What was changed by command. A file that is not what policy wrote is set aside and said; then
  // portreeve.toml alone counts.

  using Check = kj::Function<kj::Maybe<kj::String>(const Settings::PolicyTable& would)>;
  // Why that cannot be in force.
  bool readFile(Check check);
  // Where portreeve.toml is another one: whether something else is in force now. One that is bad is
  // said, and what it said before stays.
  bool fileChanged() const;  // since it was read
  bool readChanges();
  // After their file was written: whether something else is in force. One that somebody else wrote
  // and that is bad is said, and what was changed before stays.
  kj::StringPtr changes() const { return changed; }  // their file's text; empty: there is none

  const Settings::PolicyTable& now() const { return effective; }  // stays at its place
  const Settings::PolicyTable& ofFile() const { return fromFile; }
  kj::StringPtr problem() const { return wrong; }  // of portreeve.toml; empty: none
  kj::StringPtr path() const { return file; }
  bool isChanged(kj::StringPtr key) const;  // by command

  FileChange planned(kj::ArrayPtr<const SettingChange> changes) const;
  // Throws FAILED in words: a key that is not of [policy], a value that is not possible.
  bool isAsBefore(const FileChange& change) const;  // it changes nothing
  Settings::PolicyTable after(kj::ArrayPtr<const FileChange> changes) const;
  // What would be in force.

private:
  kj::String file;
  Settings::PolicyTable fromFile;
  DurableFolder& state;
  kj::String changed;  // the text of the file in the state folder
  Settings::PolicyTable effective;
  kj::String wrong;
  kj::String lookedAt;

  kj::String fingerprint() const;
  Settings::PolicyTable over(kj::StringPtr text) const;
  bool settle();
};

}  // namespace portreeve::policy
