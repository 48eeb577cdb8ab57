// SPDX-License-Identifier: GPL-3.0-or-later
#include "policy/deciding.h"

#include "common/clock.h"
#include "common/far-address.h"
#include "policy/askers.h"
#include "policy/rule-words.h"

#include <algorithm>

namespace portreeve::policy {
namespace {

using proto::Verdict;

bool sameAct(const Judgement& a, const Judgement& b) {
  return a.verdict == b.verdict &&
         std::equal(a.ways.begin(), a.ways.end(), b.ways.begin(), b.ways.end());
}

bool sameReason(const Judgement& a, const Judgement& b) {
  return a.rule == b.rule && a.origin == b.origin && a.domain == b.domain;
}

bool isUntracked(const Flow& flow) {
  // The kernel's own list: noct_valid_new in net/netfilter/nf_conntrack_proto_icmpv6.c.
  if (flow.tuple.protocol != PROTOCOL_ICMPV6) return false;
  return (flow.icmpType >= 130 && flow.icmpType <= 137) || flow.icmpType == 143;
}

Judgement judgementOf(const rules::Decision& decision) {
  Judgement judgement;
  judgement.verdict = decision.verdict;
  name(judgement, *decision.rule);
  judgement.domain = kj::str(decision.domain);
  judgement.namedBy = decision.named;
  for (auto& way : decision.rule->ways) judgement.ways.add(kj::str(way));
  judgement.log = decision.rule->log;
  return judgement;
}

}  // namespace

void Deciding::lookUpNames(Flow& flow) const {
  if (flow.direction != rules::Direction::OUT) return;
  auto known = names.namesFor(flow.remoteAddress(), *flow.process.program, monotonicNs());
  if (!known.empty() || flow.names.empty()) flow.names = kj::mv(known);
}

Deciding::Need Deciding::needOf(const Flow& flow, bool mayBeBehind, uint64_t nowWallNs) {
  if (flow.direction != rules::Direction::OUT) return Need::NOTHING;
  FactsOf facts(flow);
  rules::FlowFacts unnamed = facts.first();
  unnamed.known.domain = false;
  bool ownName = std::any_of(flow.names.begin(), flow.names.end(), [](const FlowName& name) {
    return name.source == rules::NameSource::PROCESS;
  });
  if (inForce().hangsOnName(unnamed, nowWallNs))
    return ownName && !mayBeBehind ? Need::TURN : Need::QUESTION;
  // Whatever rules say of it, without a name the gate could send it nowhere.
  if (standsForAName(flow.remoteAddress()) && !ownName) return Need::QUESTION;
  bool asksForNames = flow.process.program->askerWord.process != 0;
  if (!asksForNames || isDnsQuery(flow.tuple)) return Need::NOTHING;
  if (mayBeBehind) return Need::QUESTION;
  return ownName ? Need::NOTHING : Need::TURN;
}

bool Deciding::hangsOnExamination(const Flow& flow, uint64_t nowWallNs) {
  if (!inForce().usesExamination()) return false;
  FactsOf facts(flow);
  if (inForce().hangsOnExamination(facts.first(), nowWallNs)) return true;
  return facts.second() != nullptr && inForce().hangsOnExamination(*facts.second(), nowWallNs);
}

Deciding::Outcome Deciding::decide(Flow& flow, uint64_t nowWallNs) {
  auto& set = inForce();
  uint64_t began = monotonicNs();
  FactsOf facts(flow);
  auto decision = facts.decide(set, nowWallNs);
  evaluation.record(monotonicNs() - began);
  auto judgement = judgementOf(decision);
  if (isUntracked(flow)) judgement.verdict = once(judgement.verdict);
  if (judgement.verdict == Verdict::ASK) {
    if (flow.tracked && letsThrough(flow.judgement.verdict)) return Outcome::SAME;
    if (flow.judgement.verdict == Verdict::NONE) {
      set.count(decision, nowWallNs);
      flow.judgement = kj::mv(judgement);
    }
    return Outcome::ASKS;
  }
  bool sameAsBefore = sameAct(judgement, flow.judgement);
  if (sameAsBefore && sameReason(judgement, flow.judgement)) return Outcome::SAME;
  set.count(decision, nowWallNs);
  flow.judgement = kj::mv(judgement);
  return sameAsBefore ? Outcome::REWORDED : Outcome::CHANGED;
}

kj::Maybe<kj::String> Deciding::decidedBy(const Flow& flow, uint64_t nowWallNs) const {
  auto decision = FactsOf(flow).decide(inForce(), nowWallNs);
  if (decision.verdict == Verdict::ASK) return nullptr;
  return kj::str(decision.rule->name);
}

bool Deciding::receiverAsks(const Flow& flow, uint64_t nowWallNs) const {
  FactsOf facts(flow);
  return facts.second() != nullptr &&
         inForce().decide(facts.first(), nowWallNs).verdict != Verdict::ASK;
}

Verdict Deciding::withoutPorts(const Flow& flow, uint64_t nowWallNs) {
  FactsOf facts(flow);
  rules::FlowFacts portless = facts.first();
  portless.known.port = false;
  return inForce().decide(portless, nowWallNs).verdict;
}

bool letsThrough(Verdict verdict) {
  return verdict == Verdict::ACCEPT || verdict == Verdict::ACCEPT_ONCE || isTurning(verdict);
}

bool isTurning(Verdict verdict) {
  return verdict == Verdict::GATE17 || verdict == Verdict::NAMESERVER;
}

bool isKept(Verdict verdict) {
  return verdict == Verdict::ACCEPT || isTurning(verdict);
}

Verdict once(Verdict verdict) {
  switch (verdict) {
    case Verdict::ACCEPT:
    case Verdict::ACCEPT_ONCE:
      return Verdict::ACCEPT_ONCE;
    case Verdict::BLOCK:
    case Verdict::BLOCK_ONCE:
      return Verdict::BLOCK_ONCE;
    case Verdict::ASK:
      return Verdict::ASK;
    default:
      return Verdict::DROP_ONCE;
  }
}

}  // namespace portreeve::policy
