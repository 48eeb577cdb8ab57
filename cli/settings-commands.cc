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

void addApply(CLI::App& settings, SettingsApplyOptions& options, std::function<int()>& chosen) {
  auto* command =
      settings.add_subcommand("apply", "Have systemd's units listen where portreeve.toml says");
  command->footer(
      "Makes drop-ins of the units in /etc/systemd/system, so that they listen on\n"
      "resolver.listen and gateway.listen. Where another program holds an address of the\n"
      "resolver's, it takes a spare one instead, as `portreeve up` does: the kernel turns\n"
      "questions there. Says what it changed; a second time it changes nothing. Without systemd\n"
      "there is nothing to apply.\n\n"
      "Examples:\n  portreeve settings apply --dry-run\n  portreeve settings apply --restart");
  command->add_flag("--dry-run", options.dryRun, "say what would be changed, change nothing");
  command->add_flag(
      "--restart", options.restart,
      "restart the suite, so that it is in force: connections that are allowed go on");
  command->callback(
      [&options, &chosen]() { chosen = [&options]() { return settingsApply(options); }; });
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
      "changed in portreeve.toml by the administrator; where it listens, systemd's units have to\n"
      "learn by `apply`.\n\n"
      "Examples:\n  portreeve settings\n  portreeve settings set policy.default block\n"
      "  portreeve settings set policy.builtin_off NAME OTHER\n"
      "  portreeve settings reset policy.default\n  portreeve settings apply --restart");
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
  addApply(*command, options.apply, chosen);
  command->callback([command, &shown, &chosen]() {
    if (command->get_subcommands().empty()) chosen = [&shown]() { return settings(shown); };
  });
}

}  // namespace portreeve::cli
