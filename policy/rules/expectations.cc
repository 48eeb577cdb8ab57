// SPDX-License-Identifier: GPL-3.0-or-later
#include "policy/rules/expectations.h"

#include "common/tuple.h"
#include "policy/rules/parse-values.h"

namespace portreeve::rules {
namespace {

struct ProcessText {
  kj::StringPtr key;
  kj::StringPtr ProcessFacts::*text;
};
constexpr ProcessText PROCESS_TEXTS[] = {
    {"path"_kj, &ProcessFacts::path},
    {"name"_kj, &ProcessFacts::name},
    {"cmdline"_kj, &ProcessFacts::commandLine},
    {"unit"_kj, &ProcessFacts::unit},
    {"slice"_kj, &ProcessFacts::slice},
    {"cgroup"_kj, &ProcessFacts::cgroup},
    {"container"_kj, &ProcessFacts::container},
    {"container_runtime"_kj, &ProcessFacts::containerRuntime},
    {"pod"_kj, &ProcessFacts::pod},
    {"flatpak"_kj, &ProcessFacts::flatpak},
    {"snap"_kj, &ProcessFacts::snap},
    {"appimage"_kj, &ProcessFacts::appImage},
    {"script"_kj, &ProcessFacts::script},
    {"sha256"_kj, &ProcessFacts::sha256},
    {"package"_kj, &ProcessFacts::package},
};

constexpr size_t COMM_LENGTH = 15;     // proc(5), /proc/pid/comm
constexpr uint16_t EPHEMERAL = 40000;  // the port of whoever began, where none was said
constexpr Action ACTIONS[] = {Action::ALLOW,  Action::BLOCK,      Action::DROP,
                              Action::GATE17, Action::NAMESERVER, Action::ASK};

class FlowReader {
  // The table `flow = { … }`.
public:
  FlowReader(MadeUpFlow& flow, const UserNames& users, Complaints& complaints)
      : flow(flow), facts(flow.facts), users(users), complaints(complaints) {}

  void read(const toml::table& table) {
    facts.protocol = PROTOCOL_TCP;
    for (auto&& [key, value] : table) readKey(key, value);
    finish(table);
  }

private:
  MadeUpFlow& flow;
  FlowFacts& facts;
  const UserNames& users;
  Complaints& complaints;
  kj::Maybe<uint16_t> port;
  NameSource source = NameSource::PROCESS;
  kj::Vector<kj::String> names;

  void readKey(const toml::key& key, const toml::node& value) {
    static constexpr kj::StringPtr KEYS[] = {
        "direction"_kj,  "protocol"_kj, "remote"_kj,    "remote_port"_kj, "local"_kj,
        "local_port"_kj, "port"_kj,     "icmp_type"_kj, "interface"_kj,   "domain"_kj,
        "names"_kj,      "process"_kj,  "user"_kj,      "group"_kj,       "established"_kj,
        "profile"_kj,    "network"_kj};
    kj::String word = copyText(key.str());
    if (word == "direction")
      facts.direction =
          this->word(value, {"out"_kj, "in"_kj}) == 0 ? Direction::OUT : Direction::IN;
    else if (word == "protocol")
      readProtocol(value);
    else if (word == "remote")
      facts.remote = address(value);
    else if (word == "local")
      facts.local = address(value);
    else if (word == "remote_port")
      facts.remotePort = number(value);
    else if (word == "local_port")
      facts.localPort = number(value);
    else if (word == "port")
      port = number(value);
    else if (word == "icmp_type")
      facts.icmpType = uint8_t(number(value, 255));
    else if (word == "interface")
      facts.interface = text(value);
    else if (word == "domain")
      readDomains(value);
    else if (word == "names")
      source = NameSource(this->word(value, {"process"_kj, "program"_kj, "user"_kj, "any"_kj}));
    else if (word == "profile")
      flow.profile = text(value);
    else if (word == "network")
      eachText(value, "network", complaints, [&](kj::StringPtr name, const toml::source_region&) {
        flow.addNetwork(kj::str(name));
      });
    else if (word == "process")
      readProcess(value);
    else if (word == "user")
      readUser(value);
    else if (word == "group")
      readGroup(value);
    else if (word == "established")
      facts.establishedBefore = this->word(value, {"before-start"_kj}) == 0;
    else
      complaints.at(key.source(),
                    kj::str("unknown key \"flow.", word, '"', didYouMean(word, KEYS)));
  }

  void finish(const toml::table& table) {
    KJ_IF_MAYBE (service, port)
      (facts.direction == Direction::OUT ? facts.remotePort : facts.localPort) = *service;
    bool hasPorts = facts.protocol == PROTOCOL_TCP || facts.protocol == PROTOCOL_UDP;
    uint16_t& asker = facts.direction == Direction::OUT ? facts.localPort : facts.remotePort;
    if (hasPorts && asker == 0) asker = EPHEMERAL;
    facts.known.address = table.contains("remote");
    facts.known.local = table.contains("local") || table.contains("local_port") || hasPorts;
    facts.loopback = facts.known.address && facts.remote.scope() == Scope::LOCALHOST;
    if (facts.direction == Direction::IN && !names.empty())
      complaints.at(table.source(),
                    kj::str("who comes in has not been asked for by a name: leave domain out"));
    if (flow.profile == "none") flow.profile = "";
    for (auto& name : names) flow.addDomain(kj::mv(name), source);
  }

  kj::StringPtr text(const toml::node& value) {
    if (value.is_string()) return flow.keep(kj::str(toText(value.as_string()->get())));
    complaints.at(value.source(), kj::str("this wants a text in quotes"));
    return "";
  }

  size_t word(const toml::node& value, std::initializer_list<kj::StringPtr> words) {
    size_t chosen = 0;
    if (value.is_array())
      complaints.at(value.source(), kj::str("a flow has one of them, not a list"));
    else
      eachWord(value, kj::ArrayPtr<const kj::StringPtr>(words.begin(), words.size()), complaints,
               [&](size_t index) { chosen = index; });
    return chosen;
  }

  uint16_t number(const toml::node& value, int64_t most = 65535) {
    int64_t number = value.is_integer() ? value.as_integer()->get() : -1;
    if (number >= 0 && number <= most) return uint16_t(number);
    complaints.at(value.source(), kj::str("this wants a number from 0 to ", most));
    return 0;
  }

  Address address(const toml::node& value) {
    kj::StringPtr written = text(value);
    KJ_IF_MAYBE (parsed, Address::parse(written)) return *parsed;
    complaints.at(value.source(), kj::str('"', written, "\" is no address"));
    return Address();
  }

  void readProtocol(const toml::node& value) {
    KJ_IF_MAYBE (written, textOrNumber(value)) {
      KJ_IF_MAYBE (number, parseProtocol(*written)) {
        facts.protocol = *number;
        return;
      }
    }
    complaints.at(value.source(), kj::str(shown(value), " is no protocol"));
  }

  void readDomains(const toml::node& value) {
    eachText(value, "domain", complaints,
             [&](kj::StringPtr name, const toml::source_region& where) {
               KJ_IF_MAYBE (pattern, parseDomain(name, where, complaints)) {
                 if (pattern->kind == DomainPattern::Kind::EXACT)
                   names.add(kj::mv(pattern->name));
                 else if (pattern->kind != DomainPattern::Kind::NONE)
                   complaints.at(where, kj::str("a flow has names, not patterns"));
               }
             });
  }

  void readUser(const toml::node& value) {
    KJ_IF_MAYBE (written, textOrNumber(value)) {
      KJ_IF_MAYBE (uid, users.uidOf(*written)) {
        facts.process.uid = *uid;
        for (auto& user : users.users)
          if (user.uid == *uid && facts.process.gid == nullptr) facts.process.gid = user.gid;
        return;
      }
    }
    complaints.at(value.source(), kj::str("there is no user ", shown(value), " on this machine"));
  }

  void readGroup(const toml::node& value) {
    KJ_IF_MAYBE (written, textOrNumber(value)) {
      KJ_IF_MAYBE (gid, users.gidOf(*written)) {
        facts.process.gid = *gid;
        return;
      }
    }
    complaints.at(value.source(), kj::str("there is no group ", shown(value), " on this machine"));
  }

  void readProcess(const toml::node& value) {
    const toml::table* table = value.as_table();
    if (table == nullptr)
      return complaints.at(value.source(),
                           kj::str("process wants a table, { path = \"/usr/bin/…\" }"));
    auto& process = facts.process;
    process.kind = table->contains("path") ? ProcessKind::PROGRAM : ProcessKind::UNKNOWN;
    for (auto&& [key, inner] : *table) readProcessKey(key, inner);
    if (process.path.size() == 0 || process.name.size() > 0) return;
    kj::StringPtr last = process.path.slice(
        process.path.findLast('/').map([](size_t at) { return at + 1; }).orDefault(0));
    process.name = flow.keep(kj::str(last.slice(0, kj::min(last.size(), COMM_LENGTH))));
  }

  void readProcessKey(const toml::key& key, const toml::node& value) {
    kj::String word = copyText(key.str());
    for (auto& known : PROCESS_TEXTS) {
      if (known.key != word) continue;
      facts.process.*known.text = text(value);
      return;
    }
    if (word == "parent")
      eachText(value, "parent", complaints, [&](kj::StringPtr parent, const toml::source_region&) {
        flow.addParent(kj::str(parent));
      });
    else if (word == "kind")
      readKind(value);
    else if (word == "instance")
      readInstance(value);
    else
      complaints.at(key.source(), kj::str("unknown key \"flow.process.", word, '"',
                                          didYouMean(word, processKeys())));
  }

  static kj::Vector<kj::StringPtr> processKeys() {
    kj::Vector<kj::StringPtr> keys;
    for (auto& known : PROCESS_TEXTS) keys.add(known.key);
    keys.addAll(std::initializer_list<kj::StringPtr>{"parent"_kj, "kind"_kj, "instance"_kj});
    return keys;
  }

  void readKind(const toml::node& value) {
    size_t index = word(value, {"program"_kj, "replaced"_kj, "foreign-root"_kj, "kernel"_kj,
                                "no-socket"_kj, "unknown"_kj, "suite"_kj});
    constexpr size_t SUITE = 6;
    facts.process.suite = index == SUITE;
    facts.process.kind = index == SUITE ? ProcessKind::PROGRAM : ProcessKind(index);
  }

  void readInstance(const toml::node& value) {
    KJ_IF_MAYBE (instance, parseInstance(text(value))) {
      facts.process.pid = instance->pid;
      facts.process.startTicks = instance->startTicks;
    } else {
      complaints.at(value.source(), kj::str("an instance is written \"PID@START\""));
    }
  }
};

class FileReader {
public:
  FileReader(const RuleSource& source, const UserNames& users)
      : source(source), users(users), complaints(source.file, result.problems, noSets) {}

  ExpectationFile read() {
    try {
      readRoot(toml::parse(std::string_view(source.text.begin(), source.text.size())));
    } catch (const toml::parse_error& e) {
      complaints.at(e.source(), copyText(e.description()));
    }
    sortByPlace(result.problems);
    return kj::mv(result);
  }

private:
  const RuleSource& source;
  const UserNames& users;
  ExpectationFile result;
  NamedSets noSets;
  Complaints complaints;

  void readRoot(const toml::table& root) {
    static constexpr kj::StringPtr KEYS[] = {"rules"_kj, "default"_kj, "expect"_kj};
    for (auto&& [key, value] : root) {
      kj::String word = copyText(key.str());
      if (word == "rules")
        eachText(value, "rules", complaints, [&](kj::StringPtr path, const toml::source_region&) {
          result.rules.add(kj::str(path));
        });
      else if (word == "default")
        readDefault(value);
      else if (word == "expect")
        readExpectations(value);
      else
        complaints.at(key.source(), kj::str("unknown key \"", word, '"', didYouMean(word, KEYS)));
    }
  }

  void readDefault(const toml::node& value) {
    static constexpr kj::StringPtr WORDS[] = {"allow"_kj, "block"_kj, "drop"_kj, "ask"_kj};
    static constexpr DefaultAction DEFAULTS[] = {DefaultAction::ALLOW, DefaultAction::BLOCK,
                                                 DefaultAction::DROP, DefaultAction::ASK};
    eachWord(value, WORDS, complaints,
             [&](size_t index) { result.defaultAction = DEFAULTS[index]; });
  }

  void readExpectations(const toml::node& node) {
    const toml::array* list = node.as_array();
    if (list == nullptr || !list->is_homogeneous(toml::node_type::table))
      return complaints.at(node.source(), kj::str("write each as [[expect]], and its keys below"));
    for (auto& one : *list) readExpectation(*one.as_table());
  }

  void readExpectation(const toml::table& table) {
    static constexpr kj::StringPtr KEYS[] = {"name"_kj, "flow"_kj, "action"_kj,
                                             "rule"_kj, "dns"_kj,  "time"_kj};
    auto expectation = kj::heap<Expectation>();
    expectation->origin = kj::str(source.file, ':', table.source().begin.line);
    bool hasFlow = false;
    for (auto&& [key, value] : table) {
      kj::String word = copyText(key.str());
      if (word == "name")
        expectation->name = text(value);
      else if (word == "flow")
        hasFlow = readFlow(value, expectation->flow);
      else if (word == "action")
        readAction(value, *expectation);
      else if (word == "rule")
        expectation->rule = text(value);
      else if (word == "dns")
        readDns(value, *expectation);
      else if (word == "time")
        expectation->atNs = parseTime(value, complaints);
      else
        complaints.at(key.source(), kj::str("unknown key \"", word, '"', didYouMean(word, KEYS)));
    }
    requireWhole(table, *expectation, hasFlow);
    result.expectations.add(kj::mv(expectation));
  }

  void requireWhole(const toml::table& table, const Expectation& expectation, bool hasFlow) {
    if (!hasFlow)
      complaints.at(table.source(), kj::str("an expectation needs a flow: flow = { … }"));
    if (expectation.name.size() == 0)
      complaints.at(table.source(), kj::str("an expectation needs a name in quotes"));
    if (expectation.action == nullptr && expectation.rule == nullptr &&
        expectation.nameIsRefused == nullptr)
      complaints.at(table.source(), kj::str("say what is expected: action, rule or dns"));
    if (expectation.nameIsRefused != nullptr && expectation.flow.facts.domains.size() == 0)
      complaints.at(table.source(), kj::str("dns needs a name: flow = { domain = \"…\" }"));
  }

  bool readFlow(const toml::node& value, MadeUpFlow& flow) {
    const toml::table* table = value.as_table();
    if (table == nullptr) {
      complaints.at(value.source(), kj::str("flow wants a table: flow = { port = 443 }"));
      return true;
    }
    FlowReader(flow, users, complaints).read(*table);
    return true;
  }

  void readAction(const toml::node& value, Expectation& expectation) {
    static constexpr kj::StringPtr WORDS[] = {"allow"_kj, "block"_kj, "drop"_kj, "gate17"_kj,
                                              "nameserver"_kj};
    if (value.is_array())
      return complaints.at(value.source(), kj::str("one action is expected, not a list"));
    eachWord(value, WORDS, complaints,
             [&](size_t index) { expectation.action = kj::str(rules::toText(ACTIONS[index])); });
  }

  void readDns(const toml::node& value, Expectation& expectation) {
    static constexpr kj::StringPtr WORDS[] = {"answer"_kj, "refuse"_kj};
    eachWord(value, WORDS, complaints,
             [&](size_t index) { expectation.nameIsRefused = index == 1; });
  }

  kj::String text(const toml::node& value) {
    if (value.is_string()) return kj::str(toText(value.as_string()->get()));
    complaints.at(value.source(), kj::str("this wants a text in quotes"));
    return kj::String();
  }
};

kj::String named(const Rule& rule) {
  return kj::str("rule \"", rule.name, "\" (", rule.origin(), ')');
}

void differ(Outcome& outcome, kj::StringPtr what, kj::StringPtr expected, kj::StringPtr got) {
  outcome.passed = false;
  outcome.differences.add(kj::str(what, ": expected ", expected, ", got ", got));
}

}  // namespace

kj::StringPtr MadeUpFlow::keep(kj::String text) {
  return texts.add(kj::mv(text));
}

void MadeUpFlow::addDomain(kj::String name, NameSource source) {
  domains.add(DomainFact{keep(kj::mv(name)), source});
  facts.domains = domains;
}

void MadeUpFlow::addParent(kj::String path) {
  parents.add(keep(kj::mv(path)));
  facts.process.parents = parents;
}

void MadeUpFlow::addNetwork(kj::String name) {
  networks.add(keep(kj::mv(name)));
}

ExpectationFile parseExpectations(const RuleSource& source, const UserNames& users) {
  return FileReader(source, users).read();
}

Outcome run(const Expectation& expectation, RuleSet& rules, uint64_t nowWallNs) {
  Outcome outcome;
  rules.setCircumstances(expectation.flow.circumstances());
  uint64_t at = expectation.atNs.orDefault(nowWallNs);
  auto& facts = expectation.flow.facts;
  auto decision = rules.decide(facts, at, &outcome.trace);
  outcome.decided = named(*decision.rule);
  KJ_IF_MAYBE (action, expectation.action) {
    auto got = toText(decision.rule->action);
    if (got != *action) differ(outcome, "action", *action, kj::str(got, " by ", outcome.decided));
  }
  KJ_IF_MAYBE (rule, expectation.rule) {
    if (decision.rule->name != *rule)
      differ(outcome, "rule", kj::str('"', *rule, '"'), outcome.decided);
  }
  KJ_IF_MAYBE (refused, expectation.nameIsRefused) {
    auto judged = rules.judgeName(facts.process, facts.domains[0].name, at);
    if (judged.refuse != *refused)
      differ(outcome, "dns", *refused ? "refuse"_kj : "answer"_kj,
             kj::str(judged.refuse ? "refuse" : "answer", " by ", named(*judged.rule)));
  }
  return outcome;
}

}  // namespace portreeve::rules
