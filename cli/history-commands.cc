// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/history-commands.h"

#include <CLI/CLI.hpp>

namespace portreeve::cli {
namespace {

constexpr const char* MOMENT = "TIME";

void addFilter(CLI::App& command, HistoryFilterOptions& o) {
  constexpr const char* GROUP = "Which (all that are given must hold)";
  auto text = [&](const char* name, std::string& value, const char* word, const char* help) {
    command.add_option(name, value, help)->option_text(word)->group(GROUP);
  };
  text("--since", o.since, MOMENT, "30s, 5m, 2h, 7d ago, or 2026-11-25T12:00:00Z");
  text("--until", o.until, MOMENT, "likewise: before then");
  text("--program", o.program, "PROGRAM", "its path or its last part");
  text("--user", o.user, "USER", "name or number");
  text("--unit", o.unit, "UNIT", "systemd unit");
  text("--action", o.action, "ACTION", "allow, block, drop, gate17, nameserver");
  text("--protocol", o.protocol, "PROTOCOL", "tcp, udp, icmp, … or a number");
  text("--domain", o.domain, "NAME", "example.org, *.example.org or .example.org (both)");
  text("--remote", o.remote, "ADDRESS", "192.0.2.1 or 192.0.2.0/24, IPv6 likewise");
  text("--rule", o.rule, "NAME", "that decided");
  command.add_option("--port", o.port, "the remote one of what went out, ours of what came in")
      ->option_text("PORT")
      ->group(GROUP);
  auto* in = command.add_flag("--in", o.in, "incoming connections only")->group(GROUP);
  command.add_flag("--out", o.out, "outgoing connections only")->group(GROUP)->excludes(in);
}

void addHistory(CLI::App& app, HistoryCommands& options, std::function<int()>& chosen) {
  auto& o = options.history;
  auto* command = app.add_subcommand("history", "What was: connections and names of the past");
  command->footer(
      "Examples:\n  portreeve history --program curl --since 1h\n  portreeve history --by domain "
      "--since 7d --program firefox\n  portreeve history --queries --domain .example.org\n\n"
      "Newest first. How long the past is kept: [history] in portreeve.toml.");
  addFilter(*command, o.filter);
  command->add_option("--limit", o.limit, "at most that many (default: 100)")
      ->option_text("NUMBER")
      ->check(CLI::Range(1u, 1000000u));
  auto* by = command
                 ->add_option("--by", o.by,
                              "count instead: by program, domain, remote, user, rule, action, hour "
                              "or day")
                 ->option_text("WHAT");
  auto* queries =
      command->add_flag("--queries", o.queries, "names that were asked for instead")->excludes(by);
  auto* questions =
      command->add_flag("--questions", o.questions, "questions to people, and what was answered")
          ->excludes(by)
          ->excludes(queries);
  command->add_flag("--gaps", o.gaps, "when something could not be recorded, and why")
      ->excludes(by)
      ->excludes(queries)
      ->excludes(questions);
  command->add_flag("--oldest-first", o.oldestFirst, "begin at the other end");
  command->add_flag("--json", o.json, "print JSON, one object a line");

  auto& p = options.purge;
  auto* purge = command->add_subcommand("purge", "Forget what matches, for good");
  purge->footer("It is overwritten in the database, too. portreeve-admin and root only.");
  addFilter(*purge, p.filter);
  purge->add_flag("--everything", p.everything, "all of it: needed where nothing else is said");
  // The innermost one was said last.
  command->callback([&o, &chosen, purge]() {
    if (!purge->parsed()) chosen = [&o]() { return history(o); };
  });
  purge->callback([&p, &chosen]() { chosen = [&p]() { return historyPurge(p); }; });
}

void addReplay(CLI::App& app, HistoryCommands& options, std::function<int()>& chosen) {
  auto& o = options.replay;
  auto* command = app.add_subcommand(
      "replay", "What other rules would have made of the connections of the past");
  command->footer(
      "Examples:\n  portreeve replay --rules ./rules.d --since 7d\n  portreeve replay --since 1h   "
      "what the rules of now would have changed\n\nThe rules that the suite keeps (`rule add`) are "
      "asked after those of --rules, as\nalways; built-in rules and the default as set.");
  command->add_option("--rules", o.rules, "folder or file in the place of /etc/portreeve/rules.d")
      ->option_text("PATH");
  command->add_option("--since", o.since, "how far back (default: 7d)")->option_text(MOMENT);
  command->add_option("--until", o.until, "before then")->option_text(MOMENT);
  command
      ->add_option("--profile", o.profile,
                   "as if it had been in force all the time, or none (default: as now)")
      ->option_text("NAME");
  command->add_flag("--json", o.json, "print JSON instead of a table");
  command->callback([&o, &chosen]() { chosen = [&o]() { return replay(o); }; });
}

}  // namespace

void addHistoryCommands(CLI::App& app, HistoryCommands& options, std::function<int()>& chosen) {
  addHistory(app, options, chosen);
  addReplay(app, options, chosen);
}

}  // namespace portreeve::cli
