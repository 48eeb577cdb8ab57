// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/command-line.h"

#include "cli/archive.h"
#include "cli/ask-command.h"
#include "cli/changes.h"
#include "cli/command-words.h"
#include "cli/confirm.h"
#include "cli/connections.h"
#include "cli/demo.h"
#include "cli/dns-commands.h"
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
#include "cli/rule-commands.h"
#include "cli/settings-commands.h"
#include "cli/status.h"
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

struct Options {
  UpOptions up;
  StatusOptions status;
  DoctorOptions doctor;
  DemoOptions demo;
  ConnectionsOptions connections;
  ExplainOptions explain;
  ChangesOptions changes;
  TokenOptions token;
  UndoOptions undo;
  ExportOptions exported;
  ImportOptions imported;
  DnsOptions dns;
  GateOptions gate;
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
    addDnsCommands(app, options.dns, chosen);
    addGate();
    addRuleCommands(app, rules, chosen);
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
  RuleCommands rules;
  AskCommand asking;
  ModeCommands modes;
  SettingsCommands settings;
  HistoryCommands history;
  std::function<int()> chosen;

  CLI::App* add(CLI::App& parent, const char* name, const char* description, const char* footer,
                std::function<int()> run) {
    return addCommand(parent, chosen, name, description, footer, std::move(run));
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
};

}  // namespace

int runCommandLine(int argumentCount, char** arguments) {
  return CommandLine().run(argumentCount, arguments);
}

}  // namespace portreeve::cli
