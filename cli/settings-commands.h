// SPDX-License-Identifier: GPL-3.0-or-later
// The words of `portreeve settings` on the command line.
#pragma once

#include "cli/settings-apply.h"
#include "cli/settings.h"

#include <functional>

namespace CLI {
class App;
}

namespace portreeve::cli {

struct SettingsCommands {
  SettingsOptions shown;
  SettingsSetOptions set;
  SettingsSetOptions reset;
  SettingsApplyOptions apply;
};

void addSettingsCommands(CLI::App& app, SettingsCommands& options, std::function<int()>& chosen);
// Both outlive `app`. `chosen` becomes what was asked for, once all words have been read.

}  // namespace portreeve::cli
