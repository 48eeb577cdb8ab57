// SPDX-License-Identifier: GPL-3.0-or-later
// The words of `portreeve history` and `portreeve replay`.
#pragma once

#include "cli/history.h"
#include "cli/replay.h"

#include <functional>

namespace CLI {
class App;
}

namespace portreeve::cli {

struct HistoryCommands {
  HistoryOptions history;
  HistoryPurgeOptions purge;
  ReplayOptions replay;
};

void addHistoryCommands(CLI::App& app, HistoryCommands& options, std::function<int()>& chosen);
// All arguments outlive the parsing.

}  // namespace portreeve::cli
