// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/rule-commands.h"

#include "cli/command-words.h"
#include "cli/remote-login.h"

namespace portreeve::cli {
namespace {

constexpr const char* OWN_HELP =
    "of your own, about your programs alone: it can only make stricter what they may do (the rule "
    "for everybody who may not change others)";

void addCheck(CLI::App& app, CheckOptions& o, std::function<int()>& chosen) {
  auto* check =
      addCommand(app, chosen, "check", "Validate settings and rules; needs no running suite",
                 "Each error is said with file, line and column. Exit code 1 if there is one.",
                 [&o]() { return cli::check(o); });
  check
      ->add_option("FILE", o.paths,
                   "files of rules, folders of them, or portreeve.toml (default: the whole "
                   "configuration)")
      ->option_text("[FILE...]");
}

void addTest(CLI::App& app, TestOptions& o, std::function<int()>& chosen) {
  addCommand(
      app, chosen, "test", "Run expectations of the rules, like unit tests; needs no running suite",
      "A FILE has [[expect]] tables (portreeve-rules(5)): a made-up flow, and the action or the\n"
      "rule that is expected. In a folder all *.test are run. Prints TAP; exit code 1 if one\n"
      "does not hold.",
      [&o]() { return cli::test(o); })
      ->add_option("FILE", o.paths, "files of expectations, or folders of *.test")
      ->required()
      ->option_text("FILE...");
}

void addRulesInForce(CLI::App& app, RuleListOptions& o, std::function<int()>& chosen) {
  auto* rules = addCommand(
      app, chosen, "rules", "The whole order in force: each rule, where it stands, its hits",
      "The same as `portreeve rule list`.", [&o]() { return cli::ruleList(o); });
  auto* asToml = rules->add_flag("--toml", o.toml, "each rule's text instead of a table");
  rules->add_flag("--json", o.json, "print JSON, one rule a line")->excludes(asToml);
}

void addRuleList(CLI::App& rule, RuleListOptions& o, std::function<int()>& chosen) {
  auto* command =
      addCommand(rule, chosen, "list", "The rules in force, in the order they are asked",
                 "Built-in rules can be switched off by name: [policy] builtin_off in\n"
                 "portreeve.toml.",
                 [&o]() { return cli::ruleList(o); });
  command->add_flag("--own", o.own, "your own alone, which you may see without being entitled");
  auto* toml = command->add_flag("--toml", o.toml, "each rule's text instead of a table");
  command->add_flag("--json", o.json, "print JSON, one rule a line")->excludes(toml);
}

void addActions(CLI::App& command, RuleAddOptions& o) {
  auto flag = [&](const char* name, bool& value, const char* help) {
    command.add_flag(name, value, help)->group("What happens (one of)");
  };
  flag("--allow", o.allow, "let it pass");
  flag("--block", o.block, "refuse at once, with an error");
  flag("--drop", o.drop, "do not answer");
  flag("--gate17", o.gate17, "turn it to Gate17");
  flag("--ask", o.ask, "put it to a person while it waits");
}

void addOperands(CLI::App& command, RuleAddOptions& o) {
  constexpr const char* GROUP = "To what (all that are given must hold)";
  auto list = [&](const char* name, std::vector<std::string>& values, const char* value,
                  const char* help) {
    command.add_option(name, values, help)
        ->option_text(value)
        ->allow_extra_args(false)
        ->group(GROUP);
  };
  list("--program", o.words.programs, "PATH", "path of the program; * and ** are wildcards");
  list("--unit", o.words.units, "UNIT", "systemd unit");
  list("--user", o.words.users, "USER", "name or number");
  list("--protocol", o.words.protocols, "PROTOCOL", "tcp, udp, icmp, icmpv6 or a number");
  list("--domain", o.words.domains, "NAME", "example.org, *.example.org or .example.org (both)");
  list("--address", o.words.addresses, "ADDRESS", "192.0.2.1 or 192.0.2.0/24, IPv6 likewise");
  list("--scope", o.words.scopes, "SCOPE", "localhost, lan, internet or multicast");
  list("--port", o.words.ports, "PORT", "443 or 8000-8100");
  command.add_flag("--in", o.in, "incoming connections only")->group(GROUP);
  command.add_flag("--out", o.out, "outgoing connections only")->group(GROUP);
}

void addRuleAdd(CLI::App& rule, RuleAddOptions& o, std::function<int()>& chosen) {
  auto* command = addCommand(
      rule, chosen, "add", "Add a rule; it is in force at once",
      "Examples:\n  portreeve rule add --allow --program /usr/bin/curl --domain "
      "example.org --port 443\n  portreeve rule add --block --user guest --for 2h\n  "
      "portreeve rule add my-rules.toml\n\nAn option given several times means any of the "
      "values; different options must\nall hold. The rule is printed as TOML: the same "
      "language as in\n/etc/portreeve/rules.d.",
      [&o]() { return cli::ruleAdd(o); });
  command->add_option("FILE", o.file, "take the rules from this TOML file; -: standard input")
      ->option_text("[FILE]");
  addActions(*command, o);
  addOperands(*command, o);
  command->add_option("--name", o.words.name, "of the rule (default: made of the rest)")
      ->option_text("NAME");
  command->add_option("--pid", o.pid, "of this process alone, until it exits")
      ->option_text("PID")
      ->check(CLI::PositiveNumber);
  command->add_option("--for", o.words.lasting, "ends after 30s, 5m, 2h, 7d")->option_text("TIME");
  command->add_option("--expires", o.words.expires, "ends then: 2027-01-01T00:00:00Z")
      ->option_text("TIME");
  command->add_option("--confirm", o.confirmSeconds, CONFIRM_HELP)->option_text("SECONDS");
  command->add_flag("--own", o.own, OWN_HELP);
  command->add_flag("--try", o.tryOnly,
                    "change nothing: say what it would have changed in the last seven days");
  command->add_flag("--json", o.json, "print the rule as JSON instead of TOML");
}

void addRuleRemove(CLI::App& rule, RuleRemoveOptions& o, std::function<int()>& chosen) {
  auto* remove = addCommand(rule, chosen, "remove", "Remove a rule that was added with `rule add`",
                            "A rule in a file of yours is named with its place and left alone.",
                            [&o]() { return cli::ruleRemove(o); });
  remove->add_option("NAME", o.name, "of the rule")->required()->option_text("NAME");
  remove->add_flag("--own", o.own, OWN_HELP);
  remove->add_option("--confirm", o.confirmSeconds, CONFIRM_HELP)->option_text("SECONDS");
}

void addRuleReload(CLI::App& rule, RuleReloadOptions& o, std::function<int()>& chosen) {
  auto* reload =
      addCommand(rule, chosen, "reload", "Read all rule files again now",
                 "Changed files are noticed without this; it tells whether they are good. Exit\n"
                 "code 1 if not: the rules from before stay in force.",
                 [&o]() { return cli::ruleReload(o); });
  reload->add_flag("--json", o.json, JSON_HELP);
}

}  // namespace

void addRuleCommands(CLI::App& app, RuleCommands& options, std::function<int()>& chosen) {
  addCheck(app, options.check, chosen);
  addTest(app, options.test, chosen);
  addRulesInForce(app, options.list, chosen);
  auto* rule = app.add_subcommand("rule", "See and change the rules");
  rule->require_subcommand(1);
  rule->footer(
      "Rules are asked in the order of `portreeve rule list`; the first that matches\n"
      "decides. Those in /etc/portreeve/rules.d are yours to edit; `rule add` and\n"
      "`rule remove` are for those that the suite keeps.");
  addRuleList(*rule, options.list, chosen);
  addRuleAdd(*rule, options.add, chosen);
  addRuleRemove(*rule, options.remove, chosen);
  addRuleReload(*rule, options.reload, chosen);
}

}  // namespace portreeve::cli
