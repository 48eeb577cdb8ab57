// SPDX-License-Identifier: GPL-3.0-or-later
// `portreeve settings apply`: systemd's units listen where portreeve.toml says.
#pragma once

#include "cli/drop-in-folder.h"
#include "cli/listen-plan.h"

#include <kj/vector.h>

namespace portreeve::cli {

struct SettingsApplyOptions {
  bool dryRun = false;
  bool restart = false;
};
int settingsApply(const SettingsApplyOptions& options);

ListenPlan planForThisMachine(const Settings& settings);
// With who really holds the ports here.

bool listensAsPlanned(const ListenPlan& plan);
// The suite (or systemd for it) holds each place of the plan. An address family that this machine
// lacks is left out.

}  // namespace portreeve::cli
