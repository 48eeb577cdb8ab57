// SPDX-License-Identifier: GPL-3.0-or-later
// The words of `portreeve lockdown`, `pause`, `learn` and `resume` on the command line.
#pragma once

#include "cli/modes.h"

#include <functional>

namespace CLI {
class App;
}

namespace portreeve::cli {

struct ModeCommands {
  ModeOptions lockdown{"1h", {}, ""};
  ModeOptions pause;
  ModeOptions learn{"1d", {}, "allow"};
  LearnReviewOptions review;
};

void addModeCommands(CLI::App& app, ModeCommands& options, std::function<int()>& chosen);
// Both outlive `app`. `chosen` becomes what was asked for, once all words have been read.

}  // namespace portreeve::cli
