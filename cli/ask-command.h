// SPDX-License-Identifier: GPL-3.0-or-later
// The words of `portreeve ask` on the command line.
#pragma once

#include "cli/ask.h"

#include <functional>

namespace CLI {
class App;
}

namespace portreeve::cli {

struct AskCommand {
  AskOptions ask;
};

void addAskCommand(CLI::App& app, AskCommand& options, std::function<int()>& chosen);
// Both outlive `app`. `chosen` becomes what was asked for, once all words have been read.

}  // namespace portreeve::cli
