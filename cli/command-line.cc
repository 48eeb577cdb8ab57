// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/command-line.h"

#include "cli/archive.h"
#include "cli/ask-command.h"
#include "cli/changes.h"
#include "cli/check.h"
#include "cli/confirm.h"
#include "cli/connections.h"
#include "cli/demo.h"
#include "cli/dns.h"
#include "cli/doctor.h"
#include "cli/down.h"
#include "cli/explain.h"
#include "cli/failure.h"
#include "cli/gate.h"
#include "cli/help-formatter.h"
#include "cli/history-commands.h"
#include "cli/import.h"
#include "cli/metrics.h"
#include "cli/mode-commands.h"
#include "cli/profile.h"
#include "cli/remote-login.h"
#include "cli/report.h"
#include "cli/rule.h"
#include "cli/settings-commands.h"
#include "cli/status.h"
#include "cli/test.h"
#include "cli/token.h"
#include "cli/ui.h"
#include "cli/up.h"
#include "cli/where.h"
#include "cli/who.h"

#include <CLI/CLI.hpp>

#include <functional>
#include <string>

namespace portreeve::cli {
namespace {

constexpr const char* JSON_HELP = "print JSON instead of a table";
constexpr const char* OWN_HELP =
    "of your own, about your programs alone: it can only make stricter what they may do (the rule "
    "for everybody who may not change others)";

struct Options {
  UpOptions up;
  StatusOptions status;
  DoctorOptions doctor;
  DemoOptions demo;
  ConnectionsOptions connections;
  ExplainOptions explain;
  CheckOptions check;
  TestOptions test;
  ChangesOptions changes;
  TokenOptions token;
  UndoOptions undo;
  ExportOptions exported;
  ImportOptions imported;
  DnsOptions dns;
  GateOptions gate;
  RuleListOptions ruleList;
  RuleAddOptions ruleAdd;
  RuleRemoveOptions ruleRemove;
  RuleReloadOptions ruleReload;
  ProfileListOptions profileList;
  ProfileUseOptions profileUse;
  WhereOptions where;
  WhoOptions who;
  UiOptions ui;
};

class CommandLine {
public:
  CommandLine() {
    app.name("portreeve");
    app.formatter(makeHelpFormatter());
    app.require_subcommand(1);
    app.set_version_flag("--version", "portreeve " PORTREEVE_VERSION, "print the version");
    app.set_help_flag("-h,--help", "print this");
    app.footer(
        "portreeve COMMAND --help tells more. Exit codes: 0 good, 1 failed, 2 wrong use,\n"
        "3 not running. Group portreeve-observe may see, portreeve-admin may change, root\n"
        "may both.");
    addLife();
    addDemo();
    addSight();
    addTokens();
    addDns();
    addGate();
    addRules();
    addProfiles();
    addSettingsCommands(app, settings, chosen);
    addAskCommand(app, asking, chosen);
    addModeCommands(app, modes, chosen);
    addChanges();
    addTransfer();
    addHistoryCommands(app, history, chosen);
    add(app, "metrics", "Counters of every process, in the text form that Prometheus reads",
        "The same as /metrics of the gateway. Exit code 3 when nothing runs.",
        []() { return cli::metrics(); });
  }

  int run(int argumentCount, char** arguments) {
    try {
      app.parse(argumentCount, arguments);
    } catch (const CLI::ParseError& e) {
      if (e.get_exit_code() == 0) return app.exit(e);  // --help, --version
      std::cerr << "portreeve: " << e.what() << "\n" << helpHint() << "\n";
      return WRONG_USE;
    }
    return chosen();
  }

private:
  CLI::App app{
      "An application firewall: each connection is matched to its process, to the name\n"
      "it asked for, and to a rule that a person can read."};
  Options options;
  AskCommand asking;
  ModeCommands modes;
  SettingsCommands settings;
  HistoryCommands history;
  std::function<int()> chosen;

  CLI::App* add(CLI::App& parent, const char* name, const char* description, const char* footer,
                std::function<int()> run) {
    // Only noted while the words are still being read: they are all checked first.
    return parent.add_subcommand(name, description)
        ->footer(footer)
        ->callback([this, run = std::move(run)]() { chosen = run; });
  }

  std::string helpHint() const {
    std::string words = "portreeve";
    const CLI::App* at = &app;
    while (!at->get_subcommands().empty()) {
      at = at->get_subcommands().front();
      words += " " + at->get_name();
    }
    return "See " + words + " --help.";
  }

  void addLife() {
    auto& o = options.up;
    auto* up = add(app, "up", "Guard this machine (or network namespace) until interrupted",
                   "Starts the daemons, each under a user of its own, loads the rules, prints\n"
                   "\"ready\" on a line of its own when enforcing, and stays in the foreground.\n"
                   "Ctrl-C or `portreeve down` takes everything away again. Root only; not needed\n"
                   "where systemd runs portreeve.target.",
                   [&o]() { return cli::up(o); });
    up->add_option("--confirm", o.confirmSeconds,
                   "take everything down after SECONDS unless `portreeve confirm` comes; 0: never "
                   "(default: 60 when you came by ssh, else 0)")
        ->option_text("SECONDS");
    up->add_option("--daemons", o.daemons,
                   "folder of the daemons' programs (default: $PORTREEVE_DAEMONS, else those that "
                   "came with this command)")
        ->option_text("FOLDER");
    add(app, "confirm", "Say that what was done with --confirm is good and stays",
        "For `portreeve up --confirm` and `portreeve rule add|remove --confirm` alike.\n"
        "That you could say it shows that you have not locked yourself out.",
        []() { return cli::confirm(); });
    add(app, "down", "Stop guarding: remove the rules, chains and marks, whatever is dead",
        "Stops portreeve.target where systemd runs it, or `portreeve up`, then takes out\n"
        "everything that portreeve put into the kernel. Works with every daemon dead. Root\n"
        "only.",
        []() { return cli::down(); });
  }

  void addDemo() {
    auto& o = options.demo;
    add(app, "demo", "The whole job on real traffic, in network namespaces of its own",
        "Two namespaces: in one the suite with a handful of rules and programs, in the\n"
        "other servers that they connect to. Prints what became of each connection; exit\n"
        "code 0 only if all was as the rules say. This machine's own network is not\n"
        "touched. Root only.",
        [&o]() { return cli::demo(o); })
        ->add_flag("--stay", o.stay, "leave both up, and say how to look around");
  }

  void addSight() {
    auto* status =
        add(app, "status", "How the suite is: enforcing, degraded or stopped, and why",
            "Each process is asked itself, so it works with any of them dead. Exit code 3\n"
            "when nothing runs.",
            [this]() { return cli::status(options.status); });
    status->add_flag("--json", options.status.json, JSON_HELP);
    auto* doctor =
        add(app, "doctor", "What would keep portreeve from working here, and what to do",
            "Looks and changes nothing; works before the suite was ever started. As root it\n"
            "sees more. Exit code 1 where there is a problem, 0 where there are only notes.",
            [this]() { return cli::doctor(options.doctor); });
    doctor->add_flag("--json", options.doctor.json, "print JSON, one finding a line");
    add(app, "report", "Print what a bug report needs, redacted",
        "Versions, what doctor finds, status, units, the suite's log lines. Addresses, the\n"
        "host's name and home folders are replaced; no connection, no rule's text and no\n"
        "name that was asked for is in it. Root sees more.",
        []() { return cli::report(); });
    addConnections();
    addExplain();
    auto* who = add(
        app, "who", "Which process owns a socket, or what a process is",
        "Examples:\n  portreeve who :53\n  portreeve who 4711\n  portreeve who tcp 127.0.0.1:80\n  "
        "portreeve who udp 192.0.2.1:40000 198.51.100.7:443",
        [this]() { return cli::who(options.who); });
    who->add_option("SOCKET", options.who.words,
                    "a process, by its number alone; or the protocol (without it: TCP and UDP), "
                    "this machine's end as ADDRESS:PORT or "
                    ":PORT, and, where it is connected, the other end")
        ->required()
        ->expected(1, 3)
        ->option_text("PID | [PROTOCOL] LOCAL [REMOTE]");
    who->add_flag("--json", options.who.json, "print JSON, one owner a line");
    auto* where = add(app, "where", "The country and the network of addresses",
                      "As [databases] beside the rules knows them; without it only how far away an "
                      "address is.\nExample:\n  portreeve where 198.51.100.7 2001:db8::1",
                      [this]() { return cli::where(options.where); });
    where->add_option("ADDRESS", options.where.addresses, "IPv4 or IPv6; at most 1000")
        ->required()
        ->expected(1, 1000)
        ->option_text("ADDRESS...");
    where->add_flag("--json", options.where.json, "print JSON, one address a line");
    auto* ui =
        add(app, "ui", "Open the web page, or print a one-time link to it",
            "The link is good for two minutes and one login, on this machine. In a graphical "
            "session xdg-open opens it.",
            [this]() { return cli::ui(options.ui); });
    ui->add_flag("--for-user", options.ui.forUser,
                 "with sudo: a session for the user behind it ($SUDO_UID) instead of root's");
    ui->add_flag("--print", options.ui.print, "print the link and open nothing");
    ui->add_flag("--observe", options.ui.observe, "a session that sees all and changes nothing");
  }

  void addConnections() {
    auto& o = options.connections;
    auto* command = add(app, "connections", "Who talks to whom, and what became of it",
                        "Examples:\n  portreeve connections --program curl\n  portreeve "
                        "connections --follow --action block",
                        [&o]() { return cli::connections(o); });
    auto* limit = command
                      ->add_option("--limit", o.limit,
                                   "the newest NUMBER (default: all that is remembered, at most "
                                   "1000)")
                      ->option_text("NUMBER")
                      ->check(CLI::Range(1u, 1000000u));
    command->add_flag("-f,--follow", o.follow, "go on: show what comes and what changes")
        ->excludes(limit);
    command->add_option("--program", o.program, "only of this program: its path or its last part")
        ->option_text("PROGRAM");
    command->add_option("--action", o.action, "only what was allow, block, drop, gate17 …")
        ->option_text("ACTION");
    command->add_flag("--open", o.openOnly, "only what is still open");
    command->add_flag("--json", o.json, "print JSON, one connection a line");
  }

  void addExplain() {
    auto& o = options.explain;
    auto* command =
        add(app, "explain", "Why a connection was, or would be, allowed or not",
            "Examples:\n  portreeve explain 42                    a connection, by its ID in "
            "`portreeve connections`\n  portreeve explain --program /usr/bin/curl --to "
            "192.0.2.1:443 --domain example.org\n  portreeve explain --in --program "
            "/usr/sbin/sshd --to :22 --from 198.51.100.7",
            [&o]() { return cli::explain(o); });
    command->add_option("ID", o.id, "of a connection, as `connections` or `history` shows it")
        ->option_text("[ID]");
    command->add_option("--program", o.program, "path of the program")->option_text("PATH");
    command->add_option("--to", o.to, "where to; with --in: this machine's end")
        ->option_text("ADDRESS[:PORT]");
    command->add_option("--from", o.from, "with --in: who comes")->option_text("ADDRESS[:PORT]");
    command->add_option("--domain", o.domain, "the name that was asked for")->option_text("NAME");
    command->add_option("--user", o.user, "of the process: name or number")->option_text("USER");
    command->add_option("--protocol", o.protocol, "tcp (default), udp, icmp, … or a number")
        ->option_text("PROTOCOL");
    command->add_flag("--in", o.in, "an incoming connection");
    command->add_flag("--json", o.json, JSON_HELP);
  }

  void addGate() {
    auto& o = options.gate;
    auto* gate = app.add_subcommand("gate", "Gate17: the ways out that rules can choose");
    gate->require_subcommand(1);
    auto* status = add(
        *gate, "status", "The ways, how they do, how fast they are; a node of this machine's",
        "A way is a [[gate.way]] of portreeve.toml; a rule with action = \"gate17\" chooses it by\n"
        "way = \"NAME\". What would go by a way that fails is blocked. Of a node (portreeve-gate\n"
        "--node): its clients, what each of them does, and who was not let in.",
        [&o]() { return cli::gateStatus(o); });
    status->add_flag("--json", o.json, JSON_HELP);
    auto* test =
        add(*gate, "test", "Try a way",
            "Opens a stream by it to HOST:PORT, which the far end looks up, and closes it;\n"
            "without one asks the way's server alone. For root and portreeve-admin.\n"
            "Example:\n  portreeve gate test tor example.org:443",
            [&o]() { return cli::gateTest(o); });
    test->add_option("WAY", o.way, "its name")->required()->option_text("WAY");
    test->add_option("HOST:PORT", o.target, "where to")->option_text("[HOST:PORT]");
    auto* keygen =
        add(*gate, "keygen", "Make a key, for a node or for a gate that uses one",
            "Writes the private key to FILE, which must not be there yet, for its owner alone\n"
            "to read, and prints the public key: that is what the other side's settings name.",
            [&o]() { return cli::gateKeygen(o); });
    keygen->add_option("FILE", o.file, "for the private key")->required()->option_text("FILE");
  }

  void addTokens() {
    auto& o = options.token;
    auto* token = app.add_subcommand("token", "Keys of scripts and Prometheus to the API on :817");
    token->require_subcommand(1);
    auto* create = add(*token, "create", "Make a token and print it, this once",
                       "It is good for programs of one user, in one role, until it expires or is "
                       "revoked.\n"
                       "Example: sudo portreeve token create prometheus --for-user prometheus",
                       [&o]() { return cli::tokenCreate(o); });
    create->add_option("NAME", o.name, "to tell it from others")->required()->option_text("NAME");
    create
        ->add_option("--role", o.role,
                     "observe (default), answer (questions about the user's own programs, too) or "
                     "change (rules, too: for root and portreeve-admin)")
        ->option_text("ROLE")
        ->check(CLI::IsMember({"observe", "answer", "change"}));
    create->add_option("--expires", o.expires, "after a span from 1m to 366d (default: 90d)")
        ->option_text("SPAN");
    create->add_option("--for-user", o.user, "as root: for that user's programs")
        ->option_text("USER");
    create->add_flag("--json", o.json, JSON_HELP);
    auto* list =
        add(*token, "list", "Tokens that are good; root sees everybody's",
            "The tokens themselves are kept by nobody.", [&o]() { return cli::tokenList(o); });
    list->add_flag("--json", o.json, "print JSON, one a line");
    auto* revoke =
        add(*token, "revoke", "End a token, and what was opened with it, at once",
            "Whoever shows it from then on gets 401.", [&o]() { return cli::tokenRevoke(o); });
    revoke->add_option("TOKEN", o.name, "its name, or its number")
        ->required()
        ->option_text("TOKEN");
  }

  void addDns() {
    auto& o = options.dns;
    auto* dns =
        app.add_subcommand("dns", "The resolver: ask it, see its cache, log, upstreams, lists");
    dns->require_subcommand(1);
    auto* query =
        add(*dns, "query", "Ask for a name, and see each step and who decided it",
            "Goes the way of a program's query; policy is asked as for a program that it does\n"
            "not know. Exit code 1 when there is no such name, or it is refused.\n"
            "Examples:\n  portreeve dns query example.org\n  portreeve dns query example.org MX",
            [&o]() { return cli::dnsQuery(o); });
    query->add_option("NAME", o.name, "to ask for")->required()->option_text("NAME");
    query->add_option("TYPE", o.type, "A (default), AAAA, MX, TXT, HTTPS …, or TYPE and a number")
        ->option_text("[TYPE]");
    auto* cache = add(*dns, "cache", "Answers that are kept, the last used first",
                      "A TTL that is past: the answer is kept for when no upstream can be asked.",
                      [&o]() { return cli::dnsCache(o); });
    cache->add_option("NAME", o.name, "only this name and what is below it")->option_text("[NAME]");
    auto* flush = add(*dns, "flush", "Forget answers", "For root and portreeve-admin.",
                      [&o]() { return cli::dnsFlush(o); });
    flush->add_option("NAME", o.name, "only this name and what is below it")->option_text("[NAME]");
    auto* upstreams =
        add(*dns, "upstreams", "The servers that are asked, how they do, how fast they are",
            "A failing one is tried again behind questions that others answer.",
            [&o]() { return cli::dnsUpstreams(o); });
    auto* log = add(*dns, "log", "Who asked for what, and what became of it",
                    "The last 2000 queries, in memory only.", [&o]() { return cli::dnsLog(o); });
    log->add_flag("-f,--follow", o.follow, "go on: show what comes");
    for (auto* lists : {addLists(*dns, "lists"), addLists(app, "list")})
      lists->add_flag("--json", o.json, "print JSON, one a line");
    for (auto* limited : {cache, log})
      limited->add_option("--limit", o.limit, "at most NUMBER (default: 1000)")
          ->option_text("NUMBER")
          ->check(CLI::Range(1u, 10000u));
    query->add_flag("--json", o.json, JSON_HELP);
    for (auto* each : {cache, upstreams, log})
      each->add_flag("--json", o.json, "print JSON, one a line");
  }

  CLI::App* addLists(CLI::App& parent, const char* name) {
    auto& o = options.dns;
    auto* lists = add(parent, name, "Lists of names, and making them anew",
                      "Lists are named as [list.NAME] in portreeve.toml. A timer, or --update, "
                      "fetches\nand compiles them; what is compiled is in use at once.",
                      [&o]() { return cli::dnsLists(o); });
    lists->add_flag("--update", o.update, "fetch what has changed, and compile (root only)");
    lists->add_flag("--now", o.insist, "the same, and ask servers that failed lately, too");
    return lists;
  }

  void addRules() {
    auto* check = add(app, "check", "Validate settings and rules; needs no running suite",
                      "Each error is said with file, line and column. Exit code 1 if there is one.",
                      [this]() { return cli::check(options.check); });
    check
        ->add_option("FILE", options.check.paths,
                     "files of rules, folders of them, or portreeve.toml (default: the whole "
                     "configuration)")
        ->option_text("[FILE...]");
    add(app, "test", "Run expectations of the rules, like unit tests; needs no running suite",
        "A FILE has [[expect]] tables (portreeve-rules(5)): a made-up flow, and the action or the\n"
        "rule that is expected. In a folder all *.test are run. Prints TAP; exit code 1 if one\n"
        "does not hold.",
        [this]() { return cli::test(options.test); })
        ->add_option("FILE", options.test.paths, "files of expectations, or folders of *.test")
        ->required()
        ->option_text("FILE...");
    auto& all = options.ruleList;
    auto* rules =
        add(app, "rules", "The whole order in force: each rule, where it stands, its hits",
            "The same as `portreeve rule list`.", [&all]() { return cli::ruleList(all); });
    auto* asToml = rules->add_flag("--toml", all.toml, "each rule's text instead of a table");
    rules->add_flag("--json", all.json, "print JSON, one rule a line")->excludes(asToml);
    auto* rule = app.add_subcommand("rule", "See and change the rules");
    rule->require_subcommand(1);
    rule->footer(
        "Rules are asked in the order of `portreeve rule list`; the first that matches\n"
        "decides. Those in /etc/portreeve/rules.d are yours to edit; `rule add` and\n"
        "`rule remove` are for those that the suite keeps.");
    addRuleList(*rule);
    addRuleAdd(*rule);
    auto* remove = add(*rule, "remove", "Remove a rule that was added with `rule add`",
                       "A rule in a file of yours is named with its place and left alone.",
                       [this]() { return cli::ruleRemove(options.ruleRemove); });
    remove->add_option("NAME", options.ruleRemove.name, "of the rule")
        ->required()
        ->option_text("NAME");
    remove->add_flag("--own", options.ruleRemove.own, OWN_HELP);
    remove->add_option("--confirm", options.ruleRemove.confirmSeconds, CONFIRM_HELP)
        ->option_text("SECONDS");
    auto* reload =
        add(*rule, "reload", "Read all rule files again now",
            "Changed files are noticed without this; it tells whether they are good. Exit\n"
            "code 1 if not: the rules from before stay in force.",
            [this]() { return cli::ruleReload(options.ruleReload); });
    reload->add_flag("--json", options.ruleReload.json, JSON_HELP);
  }

  void addProfiles() {
    auto* profile = app.add_subcommand("profile", "What else holds at home than on the road");
    profile->require_subcommand(1);
    profile->footer(
        "Profiles stand in portreeve.toml, [profile.NAME]: what becomes of connections that no\n"
        "rule matches, and by which networks the profile comes into force. Rules name them by\n"
        "`profile` and `network` (portreeve-rules(5)).");
    auto& shown = options.profileList;
    auto* list = add(*profile, "list", "The profiles, which is in force and why",
                     "Shows as well what a condition of a profile can go by now.",
                     [&shown]() { return cli::profileList(shown); });
    list->add_flag("--json", shown.json, JSON_HELP);
    auto& o = options.profileUse;
    auto* use = add(*profile, "use", "Choose a profile by hand, or leave it to the network again",
                    "Examples:\n  portreeve profile use travel\n  portreeve profile use auto\n\n"
                    "A choice stays, also over a restart, until there is another.",
                    [&o]() { return cli::profileUse(o); });
    use->add_option("NAME", o.name, "of the profile; auto: by the network; none: none at all")
        ->required()
        ->option_text("NAME");
    use->add_option("--confirm", o.confirmSeconds, CONFIRM_HELP)->option_text("SECONDS");
  }

  void addChanges() {
    auto& shown = options.changes;
    auto* changes =
        add(app, "changes", "The log of changes of rules, profile and settings: who, when, what",
            "Each entry holds the hash of the one before. Exit code 1 where one is not as it\n"
            "was written.",
            [&shown]() { return cli::changes(shown); });
    changes->add_option("--limit", shown.limit, "the newest NUMBER (default: 1000)")
        ->option_text("NUMBER");
    auto* diff = changes->add_flag("--diff", shown.diff, "the lines that came and went");
    changes->add_flag("--json", shown.json, "print JSON, one change a line")->excludes(diff);
    auto& o = options.undo;
    auto* undo =
        add(app, "undo", "Take back a change of rules that the suite keeps, profile or settings",
            "Without a NUMBER the newest that was not undone. Files that only people write are\n"
            "named and left alone.",
            [&o]() { return cli::undo(o); });
    undo->add_option("NUMBER", o.number, "of a change, as `portreeve changes` shows it")
        ->option_text("[NUMBER]");
    undo->add_option("--confirm", o.confirmSeconds, CONFIRM_HELP)->option_text("SECONDS");
  }

  void addTransfer() {
    auto& out = options.exported;
    add(app, "export", "The whole policy as one file: settings, your rules, the suite's own",
        "`portreeve import archive FILE` puts it in force again. Root only.",
        [&out]() { return cli::exportPolicy(out); })
        ->add_option("FILE", out.output, "a new file (default: standard output)")
        ->option_text("[FILE]");
    auto& in = options.imported;
    auto* command =
        add(app, "import", "Rules of other programs, as rules of this one; or an archive",
            "Examples:\n  portreeve import opensnitch /etc/opensnitchd/rules\n"
            "  portreeve import ufw /etc/ufw --output 50-ufw.toml\n  portreeve import archive "
            "policy.toml\n\n"
            "The rules are printed, or written to a new file; nothing else is changed. What does\n"
            "not convert is told with the reason. An archive replaces all rules and the settings.",
            [&in]() { return in.format == "archive" ? importArchive(in.from) : importRules(in); });
    command
        ->add_option("FORMAT", in.format,
                     "opensnitch, portmaster, little-snitch, hosts, ufw, or archive")
        ->required()
        ->option_text("FORMAT");
    command->add_option("FILE", in.from, "a file; of opensnitch and ufw the folder")
        ->required()
        ->option_text("FILE");
    command->add_option("--output", in.output, "a new file (default: standard output)")
        ->option_text("FILE");
  }

  void addRuleList(CLI::App& rule) {
    auto& o = options.ruleList;
    auto* command = add(rule, "list", "The rules in force, in the order they are asked",
                        "Built-in rules can be switched off by name: [policy] builtin_off in\n"
                        "portreeve.toml.",
                        [&o]() { return cli::ruleList(o); });
    command->add_flag("--own", o.own, "your own alone, which you may see without being entitled");
    auto* toml = command->add_flag("--toml", o.toml, "each rule's text instead of a table");
    command->add_flag("--json", o.json, "print JSON, one rule a line")->excludes(toml);
  }

  void addRuleAdd(CLI::App& rule) {
    auto& o = options.ruleAdd;
    auto* command =
        add(rule, "add", "Add a rule; it is in force at once",
            "Examples:\n  portreeve rule add --allow --program /usr/bin/curl --domain "
            "example.org --port 443\n  portreeve rule add --block --user guest --for 2h\n  "
            "portreeve rule add my-rules.toml\n\nAn option given several times means any of the "
            "values; different options must\nall hold. The rule is printed as TOML: the same "
            "language as in\n/etc/portreeve/rules.d.",
            [&o]() { return cli::ruleAdd(o); });
    command->add_option("FILE", o.file, "take the rules from this TOML file; -: standard input")
        ->option_text("[FILE]");
    addActions(*command);
    addOperands(*command);
    command->add_option("--name", o.words.name, "of the rule (default: made of the rest)")
        ->option_text("NAME");
    command->add_option("--pid", o.pid, "of this process alone, until it exits")
        ->option_text("PID")
        ->check(CLI::PositiveNumber);
    command->add_option("--for", o.words.lasting, "ends after 30s, 5m, 2h, 7d")
        ->option_text("TIME");
    command->add_option("--expires", o.words.expires, "ends then: 2027-01-01T00:00:00Z")
        ->option_text("TIME");
    command->add_option("--confirm", o.confirmSeconds, CONFIRM_HELP)->option_text("SECONDS");
    command->add_flag("--own", o.own, OWN_HELP);
    command->add_flag("--try", o.tryOnly,
                      "change nothing: say what it would have changed in the last seven days");
    command->add_flag("--json", o.json, "print the rule as JSON instead of TOML");
  }

  void addActions(CLI::App& command) {
    auto& o = options.ruleAdd;
    auto flag = [&](const char* name, bool& value, const char* help) {
      command.add_flag(name, value, help)->group("What happens (one of)");
    };
    flag("--allow", o.allow, "let it pass");
    flag("--block", o.block, "refuse at once, with an error");
    flag("--drop", o.drop, "do not answer");
    flag("--gate17", o.gate17, "turn it to Gate17");
    flag("--ask", o.ask, "put it to a person while it waits");
  }

  void addOperands(CLI::App& command) {
    auto& o = options.ruleAdd;
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
};

}  // namespace

int runCommandLine(int argumentCount, char** arguments) {
  return CommandLine().run(argumentCount, arguments);
}

}  // namespace portreeve::cli
