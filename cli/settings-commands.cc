// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/settings-commands.h"

#include "cli/remote-login.h"

#include <CLI/CLI.hpp>

namespace portreeve::cli {
namespace {

CLI::App* addChange(CLI::App& settings, SettingsSetOptions& options, const char* name,
                    const char* description, std::function<int()>& chosen) {
  auto* command = settings.add_subcommand(name, description);
  command->add_option("KEY", options.name, "as `portreeve settings` shows it: policy.default")
      ->required()
      ->option_text("KEY");
  command->add_option("--confirm", options.confirmSeconds, CONFIRM_HELP)->option_text("SECONDS");
  command->callback(
      [&options, &chosen]() { chosen = [&options]() { return settingsSet(options); }; });
  return command;
}

}  // namespace

void addSettingsCommands(CLI::App& app, SettingsCommands& options, std::function<int()>& chosen) {
  auto* command =
      app.add_subcommand("settings", "Every setting, where it comes from, and changing it");
  command->footer(
      "Without a further word: each setting, its value, its default, the file and line or the\n"
      "change that it comes from, and when a change takes force. Settings of [policy] are changed\n"
      "by `set`, at once; what was set is in force instead of portreeve.toml, also over a "
      "restart,\n"
      "is an entry of `portreeve changes`, and `portreeve undo` takes it back. All others are\n"
      "changed in portreeve.toml by the administrator.\n\n"
      "Examples:\n  portreeve settings\n  portreeve settings set policy.default block\n"
      "  portreeve settings set policy.builtin_off NAME OTHER\n"
      "  portreeve settings reset policy.default");
  command->require_subcommand(0, 1);
  auto& shown = options.shown;
  command->add_flag("--json", shown.json, "print JSON instead of a table");
  auto* set =
      addChange(*command, options.set, "set", "Change a setting of [policy], at once", chosen);
  set->add_option("VALUE", options.set.values, "of it; several for a list of texts")
      ->required()
      ->option_text("VALUE ...");
  addChange(*command, options.reset, "reset",
            "Have a setting of [policy] as portreeve.toml says again", chosen);
  command->callback([command, &shown, &chosen]() {
    if (command->get_subcommands().empty()) chosen = [&shown]() { return settings(shown); };
  });
}

}  // namespace portreeve::cli
