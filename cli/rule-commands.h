// SPDX-License-Identifier: GPL-3.0-or-later
// The words of `portreeve rule`, `rules`, `check` and `test` on the command line.
#pragma once

#include "cli/check.h"
#include "cli/rule.h"
#include "cli/test.h"

#include <functional>

namespace CLI {
class App;
}

namespace portreeve::cli {

struct RuleCommands {
  CheckOptions check;
  TestOptions test;
  RuleListOptions list;
  RuleAddOptions add;
  RuleRemoveOptions remove;
  RuleReloadOptions reload;
};

void addRuleCommands(CLI::App& app, RuleCommands& options, std::function<int()>& chosen);
// All arguments outlive the parsing.

}  // namespace portreeve::cli
