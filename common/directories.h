// SPDX-License-Identifier: GPL-3.0-or-later
// Where files are: systemd's variables, with the same defaults without systemd.
#pragma once

#include <kj/string.h>

namespace portreeve {

struct Directories {
  kj::String configuration;  // $CONFIGURATION_DIRECTORY, /etc/portreeve
  kj::String state;          // $STATE_DIRECTORY, /var/lib/portreeve
  kj::String runtime;        // $RUNTIME_DIRECTORY, /run/portreeve

  static Directories fromEnvironment();
  static kj::StringPtr standardRuntime();          // /run/portreeve
  kj::String settingsFile() const;                 // configuration/portreeve.toml
  kj::String changedSettingsFile() const;          // state/policy/settings.toml
  kj::String socket(kj::StringPtr process) const;  // runtime/<process>.sock
};

}  // namespace portreeve
