// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/mode-commands.h"

#include <CLI/CLI.hpp>

namespace portreeve::cli {
namespace {

constexpr const char* MODE_CONFIRM_HELP =
    "end it after SECONDS unless `portreeve confirm` comes; 0: no need to (default: 60 when you "
    "came by ssh, else 0)";

CLI::App* addMode(CLI::App& app, ModeOptions& options, const char* name, const char* description) {
  auto* command = app.add_subcommand(name, description);
  command->add_option("--confirm", options.confirmSeconds, MODE_CONFIRM_HELP)
      ->option_text("SECONDS");
  return command;
}

void addLearn(CLI::App& app, ModeCommands& options, std::function<int()>& chosen) {
  auto& o = options.learn;
  auto* command = addMode(app, o, "learn", "Note what no rule decides, for rules to be made of it");
  command->footer(
      "While it lasts, what a rule would ask about and what no rule decides is allowed (or\n"
      "blocked) without a question, and noted. `portreeve learn review` shows the rules that\n"
      "cover what was seen, and takes them.\n\n"
      "Examples:\n  portreeve learn allow 2h\n  portreeve learn block\n  portreeve learn review");
  command->require_subcommand(0, 1);
  for (const char* action : {"allow", "block"}) {
    auto* one = command->add_subcommand(
        action, std::string(action) == "allow" ? "allow it meanwhile" : "block it meanwhile");
    one->add_option("TIME", o.lasting, "30s, 5m, 2h, 7d (default: 1d)")->option_text("[TIME]");
    one->add_option("--confirm", o.confirmSeconds, MODE_CONFIRM_HELP)->option_text("SECONDS");
    one->callback([&o, &chosen, action]() {
      o.action = action;
      chosen = [&o]() { return learn(o); };
    });
  }
  auto& r = options.review;
  auto* review = command->add_subcommand("review", "The rules that cover what was seen, to accept");
  review->add_flag("--accept", r.accept, "take them without asking");
  review->add_flag("--json", r.json, "print JSON, one rule a line");
  review->callback([&r, &chosen]() { chosen = [&r]() { return learnReview(r); }; });
  auto* forget = command->add_subcommand("forget", "Forget what was seen");
  forget->callback([&chosen]() { chosen = []() { return learnForget(); }; });
  command->callback([command, &chosen, &o]() {
    if (command->get_subcommands().empty()) chosen = [&o]() { return learn(o); };
  });
}

}  // namespace

void addModeCommands(CLI::App& app, ModeCommands& options, std::function<int()>& chosen) {
  auto& l = options.lockdown;
  auto* lockdown =
      addMode(app, l, "lockdown", "Nothing passes but what rules mark as essential, for a while");
  lockdown->footer(
      "Open connections end, too. Rules with essential = true and built-in ones stay.");
  lockdown->add_option("TIME", l.lasting, "30s, 5m, 2h, 7d (default: 1h)")->option_text("[TIME]");
  lockdown->callback([&l, &chosen]() { chosen = [&l]() { return cli::lockdown(l); }; });
  auto& p = options.pause;
  auto* pause = addMode(app, p, "pause", "Everything passes, whatever the rules say, for a while");
  pause->add_option("TIME", p.lasting, "30s, 5m, 2h, 7d")->required()->option_text("TIME");
  pause->callback([&p, &chosen]() { chosen = [&p]() { return pauseRules(p); }; });
  addLearn(app, options, chosen);
  auto* resume = app.add_subcommand("resume", "End lockdown, pause or learning now");
  resume->callback([&chosen]() { chosen = []() { return cli::resume(); }; });
}

}  // namespace portreeve::cli
