// SPDX-License-Identifier: GPL-3.0-or-later
#include "policy/explain.h"

#include "policy/connection-view.h"
#include "policy/explain-words.h"
#include "policy/failure.h"
#include "policy/rules/explanation.h"
#include "policy/rules/network-view.h"

namespace portreeve::policy {
namespace {

namespace view = proto::view;
using rules::Decision;
using rules::FlowFacts;
using rules::Match;
using rules::Rule;
using rules::RuleSet;
using rules::Trace;

constexpr size_t COMM_LENGTH = 15;  // proc(5), /proc/pid/comm

void fillStages(const StageTimes& times, view::Explanation::Builder explanation) {
  struct Stage {
    kj::StringPtr name;
    uint64_t ns;
  };
  Stage stages[] = {{"queue"_kj, times.queue},
                    {"attribution"_kj, times.attribution},
                    {"name"_kj, times.name},
                    {"question"_kj, times.question},
                    {"policy"_kj, times.policy}};
  kj::Vector<Stage> measured;
  for (auto& stage : stages)
    if (stage.ns > 0) measured.add(stage);
  auto list = explanation.initStages(uint(measured.size()));
  for (uint i = 0; i < list.size(); i++) {
    list[i].setStage(measured[i].name);
    list[i].setUs(double(measured[i].ns) / 1000);
  }
}

void explainFlow(const Flow& flow, const ExplainFrom& from, uint64_t nowWallNs,
                 view::Explanation::Builder explanation) {
  fill(explanation.initConnection(), flow, from.users);
  FactsOf facts(flow);
  Trace trace;
  auto decision = facts.decide(from.rules, nowWallNs, &trace);
  rules::fillDecision(from.rules, decision, trace, explanation);
  explanation.setWords(wordsOf(flow, decision, from.users));
  fillStages(flow.times, explanation);
  rules::fillNetwork(flow.remoteAddress(), from.rules.geography(), explanation.initNetwork());
  kj::StringPtr domain = flow.judgement.domain;
  rules::fillLists(from.listFolder, domain, explanation);
  if (domain.size() == 0 || flow.direction != rules::Direction::OUT) return;
  explanation.setDns(
      nameWords(domain, from.rules.judgeName(flow.process.program->facts(), domain, nowWallNs)));
}

kj::String lowerCase(kj::StringPtr text) {
  auto lower = kj::str(text);
  for (char& c : lower)
    if (c >= 'A' && c <= 'Z') c = char(c + ('a' - 'A'));
  return lower;
}

class Imagined {
  // The facts of a question.
public:
  Imagined(proto::Question::Reader question, const UserNames& users)
      : domain(domainOf(question.getDomain())), path(kj::str(question.getPath())) {
    facts.direction = question.getDirection() == proto::Direction::IN ? rules::Direction::IN
                                                                      : rules::Direction::OUT;
    facts.protocol = question.getProtocol();
    facts.remotePort = question.getRemotePort();
    facts.localPort = question.getLocalPort();
    facts.known.protocol = facts.protocol != 0;
    facts.known.port = facts.port() != 0;
    facts.known.interface = facts.known.local = false;
    setRemote(question.getRemote());
    setDomain();
    setProgram();
    setUser(question.getUser(), users);
  }
  KJ_DISALLOW_COPY(Imagined);

  FlowFacts facts;

private:
  kj::String domain;
  kj::String path;
  kj::String name;
  rules::DomainFact fact;

  static kj::String domainOf(kj::StringPtr text) {
    return lowerCase(text.endsWith(".") ? kj::str(text.slice(0, text.size() - 1)) : kj::str(text));
  }

  void setRemote(kj::StringPtr text) {
    facts.known.address = text.size() > 0;
    if (!facts.known.address) return;
    KJ_IF_MAYBE (address, Address::parse(text)) {
      facts.remote = *address;
      facts.loopback = address->scope() == Scope::LOCALHOST;
    } else {
      fail("\"", text, "\" is no address");
    }
  }

  void setDomain() {
    // Who comes in has not been asked for.
    facts.known.domain = domain.size() > 0 || facts.direction == rules::Direction::IN;
    if (domain.size() == 0) return;
    fact = rules::DomainFact{domain, rules::NameSource::PROCESS};
    facts.domains = kj::arrayPtr(&fact, 1);
  }

  void setProgram() {
    facts.known.process = path.size() > 0;
    if (!facts.known.process) return;
    kj::StringPtr last =
        path.slice(path.findLast('/').map([](size_t at) { return at + 1; }).orDefault(0));
    name = kj::str(last.slice(0, kj::min(last.size(), COMM_LENGTH)));
    facts.process.kind = rules::ProcessKind::PROGRAM;
    facts.process.path = path;
    facts.process.name = name;
    facts.process.commandLine = path;
  }

  void setUser(kj::StringPtr text, const UserNames& users) {
    facts.known.user = text.size() > 0;
    if (!facts.known.user) return;
    KJ_IF_MAYBE (uid, users.uidOf(text))
      facts.process.uid = *uid;
    else
      fail("there is no user \"", text, "\" on this machine");
  }
};

kj::Maybe<const Rule&> firstUndecided(const RuleSet& set, const FlowFacts& facts,
                                      const Decision& decision, uint64_t nowWallNs) {
  kj::Maybe<const Rule&> builtIn;
  for (auto& rule : set.rules()) {
    if (&rule == decision.rule) break;
    if (rule.expired(nowWallNs) || rules::verdictOf(rule) == decision.verdict ||
        rule.test(facts) != Match::MAYBE)
      continue;
    // Of one's own rules one wants to hear, before those of the machine's housekeeping.
    if (rule.layer != rules::Layer::BUILT_IN) return rule;
    if (builtIn == nullptr) builtIn = rule;
  }
  return builtIn;
}

void explainImagined(const FlowFacts& facts, const ExplainFrom& from, uint64_t nowWallNs,
                     view::Explanation::Builder explanation) {
  Trace trace;
  auto decision = from.rules.decide(facts, nowWallNs, &trace);
  rules::fillDecision(from.rules, decision, trace, explanation);
  explanation.setWords(
      wordsOf(facts, decision, firstUndecided(from.rules, facts, decision, nowWallNs), from.users));
  if (facts.known.address)
    rules::fillNetwork(facts.remote, from.rules.geography(), explanation.initNetwork());
  if (facts.domains.size() == 0) return;
  auto domain = facts.domains[0].name;
  rules::fillLists(from.listFolder, domain, explanation);
  if (facts.direction != rules::Direction::OUT) return;
  explanation.setDns(nameWords(
      domain, from.rules.judgeName(facts.process, domain, nowWallNs, !facts.known.process)));
}

}  // namespace

void explain(proto::Question::Reader question, ExplainFrom from, uint64_t nowWallNs,
             view::Explanation::Builder explanation) {
  if (question.getId() != 0) {
    const Flow* flow = from.flows.find(question.getId());
    if (flow == nullptr)
      fail("connection ", question.getId(),
           " is not known (any more): `portreeve connections` lists those that are");
    return explainFlow(*flow, from, nowWallNs, explanation);
  }
  Imagined imagined(question, from.users);
  explainImagined(imagined.facts, from, nowWallNs, explanation);
}

}  // namespace portreeve::policy
