// SPDX-License-Identifier: GPL-3.0-or-later
#include "history/replay.h"

#include "common/address.h"
#include "common/clock.h"
#include "common/marks.h"
#include "common/tuple.h"
#include "history/details.h"
#include "history/row.h"
#include "history/texts.h"
#include "history/time-text.h"
#include "policy/rules/facts.h"

#include <kj/vector.h>
#include <string.h>

#include <algorithm>
#include <map>
#include <tuple>
#include <unordered_map>

namespace portreeve::history {
namespace {

namespace view = proto::view;

constexpr size_t MOST_EXAMPLES = 3;

rules::ProcessKind kindOf(kj::StringPtr text) {
  for (auto kind :
       {rules::ProcessKind::PROGRAM, rules::ProcessKind::REPLACED, rules::ProcessKind::FOREIGN_ROOT,
        rules::ProcessKind::KERNEL, rules::ProcessKind::NO_SOCKET, rules::ProcessKind::UNKNOWN})
    if (rules::toText(kind) == text) return kind;
  return rules::ProcessKind::UNKNOWN;
}

rules::NameSource sourceOf(kj::ArrayPtr<const char> text) {
  for (auto source : {rules::NameSource::PROCESS, rules::NameSource::PROGRAM,
                      rules::NameSource::USER, rules::NameSource::ANY})
    if (rules::toText(source).asArray() == text) return source;
  return rules::NameSource::ANY;
}

class Facts {
  // Rows as the rule language wants them; what many rows share is made once.
public:
  Facts(Database& database, const Accounts& accounts) : texts(database), accounts(accounts) {}

  Texts texts;

  rules::ProcessFacts process(int64_t program, int64_t parents) {
    auto& row = texts.program(program);
    rules::ProcessFacts facts;
    facts.kind = kindOf(row.kind.c_str());
    facts.path = pointer(row.path);
    facts.name = pointer(row.name);
    facts.commandLine = pointer(row.cmdline);
    facts.unit = pointer(row.unit);
    if (row.uid != 0xffffffff) facts.uid = row.uid;
    facts.suite = isSuite(row.uid);
    facts.parents = parentsOf(parents);
    addDetails(program, facts);
    return facts;
  }

  kj::ArrayPtr<const rules::DomainFact> domains(int64_t names) {
    if (names == 0) return nullptr;
    auto found = domainLists.find(names);
    if (found == domainLists.end()) found = domainLists.emplace(names, readNames(names)).first;
    return found->second.facts;
  }

private:
  struct Names {
    kj::Vector<kj::String> texts;
    kj::Vector<rules::DomainFact> facts;
  };
  struct Parents {
    kj::Vector<kj::String> texts;
    kj::Vector<kj::StringPtr> paths;
  };
  const Accounts& accounts;
  std::unordered_map<int64_t, Names> domainLists;
  std::unordered_map<int64_t, Parents> parentLists;
  std::unordered_map<int64_t, kj::Own<capnp::MallocMessageBuilder>> details;

  static kj::StringPtr pointer(const std::string& text) { return {text.c_str(), text.size()}; }

  bool isSuite(uint32_t uid) const {
    for (auto role : ROLES)
      if (role != Role::KEEPER && accounts.of(role).uid == uid) return true;
    return false;
  }

  void addDetails(int64_t program, rules::ProcessFacts& facts) {
    auto found = details.find(program);
    if (found == details.end()) {
      auto message = kj::heap<capnp::MallocMessageBuilder>();
      fillDetails(message->initRoot<view::Program>(), pointer(texts.program(program).details));
      found = details.emplace(program, kj::mv(message)).first;
    }
    auto known = found->second->getRoot<view::Program>().asReader();
    if (known.getGid() != 0xffffffff) facts.gid = known.getGid();
    facts.cgroup = known.getCgroup();
    facts.slice = known.getSlice();
    facts.container = known.getContainer();
    facts.containerRuntime = known.getContainerRuntime();
    facts.pod = known.getPod();
    facts.flatpak = known.getFlatpak();
    facts.snap = known.getSnap();
    facts.appImage = known.getAppimage();
    facts.script = known.getScript();
    facts.sha256 = known.getSha256();
    facts.package = known.getPackage();
  }

  Names readNames(int64_t id) {
    Names names;
    eachLine(texts.text(id), [&](kj::ArrayPtr<const char> source, kj::ArrayPtr<const char> name) {
      names.texts.add(kj::heapString(name));
      names.facts.add(rules::DomainFact{names.texts.back(), sourceOf(source)});
    });
    return names;
  }

  kj::ArrayPtr<const kj::StringPtr> parentsOf(int64_t id) {
    if (id == 0) return nullptr;
    auto found = parentLists.find(id);
    if (found == parentLists.end()) {
      Parents parents;
      eachLine(texts.text(id), [&](kj::ArrayPtr<const char>, kj::ArrayPtr<const char> path) {
        parents.texts.add(kj::heapString(path));
        parents.paths.add(parents.texts.back());
      });
      found = parentLists.emplace(id, kj::mv(parents)).first;
    }
    return found->second.paths;
  }
};

Address addressOf(kj::ArrayPtr<const kj::byte> bytes) {
  Address address;
  if (bytes.size() == address.bytes.size())
    memcpy(address.bytes.data(), bytes.begin(), bytes.size());
  return address;
}

rules::FlowFacts factsOf(const Statement& row, Facts& facts) {
  rules::FlowFacts flow;
  flow.direction = row.number(DIRECTION) == 1 ? rules::Direction::IN : rules::Direction::OUT;
  flow.protocol = uint8_t(row.number(PROTOCOL));
  flow.icmpType = uint8_t(row.number(ICMP) >> 8);
  flow.icmpCode = uint8_t(row.number(ICMP));
  flow.local = addressOf(row.blob(LOCAL));
  flow.remote = addressOf(row.blob(REMOTE));
  flow.localPort = uint16_t(row.number(LOCAL_PORT));
  flow.remotePort = uint16_t(row.number(REMOTE_PORT));
  flow.interface = facts.texts.text(row.number(INTERFACE));
  flow.loopback = (row.number(FLAGS) & FLAG_LOOPBACK) != 0;
  flow.establishedBefore = (row.number(FLAGS) & FLAG_ESTABLISHED_BEFORE) != 0;
  flow.wallNs = uint64_t(row.number(STARTED)) * 1'000'000;
  flow.process = facts.process(row.number(PROGRAM), row.number(PARENTS));
  flow.process.pid = int32_t(row.number(PID));
  flow.domains = facts.domains(row.number(NAMES));
  return flow;
}

rules::FlowFacts arriving(const rules::FlowFacts& leaving, const Statement& row, Facts& facts) {
  // The second half of a loopback flow, as in policy/flow.cc.
  rules::FlowFacts flow = leaving;
  flow.direction = rules::Direction::IN;
  flow.local = leaving.remote;
  flow.remote = leaving.local;
  flow.localPort = leaving.remotePort;
  flow.remotePort = leaving.localPort;
  flow.process = row.isNull(PEER) ? rules::ProcessFacts()
                                  : facts.process(row.number(PEER), row.number(PEER_PARENTS));
  flow.domains = nullptr;
  return flow;
}

struct Change {
  int64_t connections = 0, first = 0, last = 0;
  kj::Vector<kj::String> examples;
};

class Outcome {
public:
  void judged(int64_t time) {
    connections++;
    if (first == 0 || time < first) first = time;
    last = kj::max(last, time);
  }

  void changed(const Statement& row, int64_t action, const rules::Decision& decision,
               Facts& facts) {
    changedCount++;
    auto& change = changes[Key(row.number(EXECUTABLE), action, decision.verdict, decision.rule)];
    int64_t time = row.number(STARTED);
    if (change.connections++ == 0 || time < change.first) change.first = time;
    change.last = kj::max(change.last, time);
    if (change.examples.size() < MOST_EXAMPLES) addExample(change, row, facts);
  }

  void fill(view::ReplayOutcome::Builder to, Facts& facts, double seconds) const {
    to.setConnections(double(connections));
    to.setChanged(double(changedCount));
    to.setSince(timeText(first));
    to.setUntil(timeText(last));
    to.setSeconds(seconds);
    kj::Vector<const std::pair<const Key, Change>*> sorted;
    for (auto& entry : changes) sorted.add(&entry);
    std::sort(sorted.begin(), sorted.end(),
              [](auto* a, auto* b) { return a->second.connections > b->second.connections; });
    auto list = to.initChanges(uint(kj::min(sorted.size(), MOST_CHANGES)));
    for (uint i = 0; i < list.size(); i++)
      fill(list[i], sorted[i]->first, sorted[i]->second, facts);
  }

private:
  using Key = std::tuple<int64_t, int64_t, proto::Verdict, const rules::Rule*>;
  std::map<Key, Change> changes;
  int64_t connections = 0, changedCount = 0, first = 0, last = 0;

  static void addExample(Change& change, const Statement& row, Facts& facts) {
    auto domain = facts.texts.text(row.number(DOMAIN));
    bool out = row.number(DIRECTION) == 0;
    auto address = addressOf(row.blob(REMOTE)).toString();
    auto text = kj::str(protocolText(uint8_t(row.number(PROTOCOL))), out ? " to " : " from ",
                        domain.size() > 0 ? kj::str(domain) : kj::mv(address), " port ",
                        row.number(out ? REMOTE_PORT : LOCAL_PORT));
    for (auto& known : change.examples)
      if (known == text) return;
    change.examples.add(kj::mv(text));
  }

  static void fill(view::ReplayChange::Builder to, const Key& key, const Change& change,
                   Facts& facts) {
    auto& rule = *std::get<3>(key);
    to.setProgram(facts.texts.executable(std::get<0>(key)));
    to.setBefore(facts.texts.text(std::get<1>(key)));
    to.setAfter(actionText(std::get<2>(key)));
    to.setRule(rule.name);
    to.setOrigin(rule.origin());
    to.setConnections(double(change.connections));
    to.setFirst(timeText(change.first));
    to.setLast(timeText(change.last));
    auto examples = to.initExamples(uint(change.examples.size()));
    for (uint i = 0; i < examples.size(); i++) examples.set(i, change.examples[i]);
  }
};

Statement rowsWithin(Database& database, Span span) {
  Statement rows(
      database, kj::str("SELECT ", COLUMNS, " FROM connection WHERE started >= ? AND started < ?"));
  rows.start().bind(span.since).bind(span.until == 0 ? INT64_MAX : span.until);
  return rows;
}

}  // namespace

Answer replay(Database& database, const rules::RuleSet& set, Span span, const Accounts& accounts) {
  uint64_t begun = monotonicNs();
  uint64_t now = wallNs();
  Facts facts(database, accounts);
  Outcome outcome;
  auto row = rowsWithin(database, span);
  while (row.step()) {
    outcome.judged(row.number(STARTED));
    auto flow = factsOf(row, facts);
    auto decision = set.decide(flow, now);
    if (flow.loopback && flow.direction == rules::Direction::OUT)
      decision = rules::stricter(decision, set.decide(arriving(flow, row, facts), now));
    int64_t before = row.number(ACTION);
    if (facts.texts.text(before) != actionText(decision.verdict))
      outcome.changed(row, before, decision, facts);
  }
  auto answer = kj::heap<capnp::MallocMessageBuilder>();
  outcome.fill(answer->initRoot<view::ReplayOutcome>(), facts, double(monotonicNs() - begun) / 1e9);
  return answer;
}

}  // namespace portreeve::history
