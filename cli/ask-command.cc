// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/ask-command.h"

#include <CLI/CLI.hpp>

namespace portreeve::cli {

void addAskCommand(CLI::App& app, AskCommand& options, std::function<int()>& chosen) {
  auto& o = options.ask;
  auto* command = app.add_subcommand("ask", "Questions about connections: see and answer them");
  command->footer(
      "Without words it shows each question as it comes and reads answers. While it runs, what\n"
      "asks waits for you; Ctrl-C ends it. Everybody answers for his own processes, root and\n"
      "portreeve-admin for all.\n\n"
      "Examples:\n  portreeve ask\n  portreeve ask --list\n  portreeve ask 12 allow\n"
      "  portreeve ask 12 block --for always --scope domain\n  portreeve ask 12 dismiss");
  auto* id = command->add_option("ID", o.id, "of a question")->option_text("[ID");
  command
      ->add_option("ANSWER", o.action,
                   "allow, block, drop; or dismiss: the default holds, and it asks anew")
      ->option_text("ANSWER]")
      ->check(CLI::IsMember({"allow", "block", "drop", "dismiss"}))
      ->needs(id);
  command
      ->add_option("--for", o.lifetime,
                   "once (default); 30s, 5m, 2h, 7d; exit: while this process runs; restart: while "
                   "the suite runs; always")
      ->option_text("TIME")
      ->needs(id);
  command
      ->add_option("--scope", o.scope,
                   "host (default: this address), domain (this name), port (at any host), program "
                   "(everything of it)")
      ->option_text("SCOPE")
      ->check(CLI::IsMember({"host", "domain", "port", "program"}))
      ->needs(id);
  auto* list = command->add_flag("-l,--list", o.list, "the questions that are open, and no more")
                   ->excludes(id);
  command->add_flag("-f,--follow", o.follow, "go on: print what comes and closes; reads nothing")
      ->excludes(id)
      ->excludes(list);
  command->add_flag("--json", o.json, "print JSON, one question (or what was answered) a line");
  command->callback([&o, &chosen]() { chosen = [&o]() { return ask(o); }; });
}

}  // namespace portreeve::cli
