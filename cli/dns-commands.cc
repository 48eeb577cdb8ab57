// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/dns-commands.h"

#include "cli/command-words.h"

namespace portreeve::cli {
namespace {

CLI::App* addLists(CLI::App& parent, DnsOptions& o, std::function<int()>& chosen,
                   const char* name) {
  auto* lists =
      addCommand(parent, chosen, name, "Lists of names, and making them anew",
                 "Lists are named as [list.NAME] in portreeve.toml. A timer, or --update, "
                 "fetches\nand compiles them; what is compiled is in use at once.",
                 [&o]() { return cli::dnsLists(o); });
  lists->add_flag("--update", o.update, "fetch what has changed, and compile (root only)");
  lists->add_flag("--now", o.insist, "the same, and ask servers that failed lately, too");
  return lists;
}

}  // namespace

void addDnsCommands(CLI::App& app, DnsOptions& o, std::function<int()>& chosen) {
  auto* dns =
      app.add_subcommand("dns", "The resolver: ask it, see its cache, log, upstreams, lists");
  dns->require_subcommand(1);
  auto* query = addCommand(
      *dns, chosen, "query", "Ask for a name, and see each step and who decided it",
      "Goes the way of a program's query; policy is asked as for a program that it does\n"
      "not know. Exit code 1 when there is no such name, or it is refused.\n"
      "Examples:\n  portreeve dns query example.org\n  portreeve dns query example.org MX",
      [&o]() { return cli::dnsQuery(o); });
  query->add_option("NAME", o.name, "to ask for")->required()->option_text("NAME");
  query->add_option("TYPE", o.type, "A (default), AAAA, MX, TXT, HTTPS …, or TYPE and a number")
      ->option_text("[TYPE]");
  auto* cache =
      addCommand(*dns, chosen, "cache", "Answers that are kept, the last used first",
                 "A TTL that is past: the answer is kept for when no upstream can be asked.",
                 [&o]() { return cli::dnsCache(o); });
  cache->add_option("NAME", o.name, "only this name and what is below it")->option_text("[NAME]");
  auto* flush = addCommand(*dns, chosen, "flush", "Forget answers", "For root and portreeve-admin.",
                           [&o]() { return cli::dnsFlush(o); });
  flush->add_option("NAME", o.name, "only this name and what is below it")->option_text("[NAME]");
  auto* upstreams = addCommand(*dns, chosen, "upstreams",
                               "The servers that are asked, how they do, how fast they are",
                               "A failing one is tried again behind questions that others answer.",
                               [&o]() { return cli::dnsUpstreams(o); });
  auto* log =
      addCommand(*dns, chosen, "log", "Who asked for what, and what became of it",
                 "The last 2000 queries, in memory only.", [&o]() { return cli::dnsLog(o); });
  log->add_flag("-f,--follow", o.follow, "go on: show what comes");
  for (auto* lists : {addLists(*dns, o, chosen, "lists"), addLists(app, o, chosen, "list")})
    lists->add_flag("--json", o.json, "print JSON, one a line");
  for (auto* limited : {cache, log})
    limited->add_option("--limit", o.limit, "at most NUMBER (default: 1000)")
        ->option_text("NUMBER")
        ->check(CLI::Range(1u, 10000u));
  query->add_flag("--json", o.json, JSON_HELP);
  for (auto* each : {cache, upstreams, log})
    each->add_flag("--json", o.json, "print JSON, one a line");
}

}  // namespace portreeve::cli
