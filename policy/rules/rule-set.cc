// SPDX-License-Identifier: GPL-3.0-or-later
#include "policy/rules/rule-set.h"

#include "policy/rules/compile.h"

#include <kj/debug.h>
#include <kj/map.h>

namespace portreeve::rules {
namespace {

bool matches(const Rule& rule, const FlowFacts& facts, uint64_t nowWallNs) {
  return rule.test(facts, nowWallNs) == Match::YES;
}

bool isNoAnswer(const Rule& rule) {
  return !rule.answer && rule.isForAll();
}

bool isAnswer(const Rule& rule) {
  // A user's word answers nothing: it could let through what is to be asked about.
  return rule.answer && rule.isForAll();
}

const Rule* firstTraced(kj::ArrayPtr<const Rule> rules, RuleIndex::Includes includes,
                        const FlowFacts& facts, uint64_t nowWallNs, Trace& trace) {
  for (auto& rule : rules) {
    if (!includes(rule)) continue;
    bool matched = matches(rule, facts, nowWallNs);
    trace.add(rule, matched, facts, nowWallNs);
    if (matched) return &rule;
  }
  return nullptr;
}

const Rule& requireFirst(const Rule* first) {
  KJ_ASSERT(first != nullptr, "the default has no operands");
  return *first;
}

kj::String identity(const Rule& rule) {
  // Within a file a name is there once. A user's stands under his uid in its file's name.
  return kj::str(toText(rule.layer), '\n', rule.file, '\n', rule.name);
}

}  // namespace

RuleSet::Loaded RuleSet::load(kj::ArrayPtr<const RuleSource> sources, const RuleOptions& options) {
  auto compiled = compile(sources, options);
  Loaded loaded;
  if (compiled.problems.empty())
    loaded.set = kj::heap<RuleSet>(compiled.rules.releaseAsArray(), kj::mv(compiled.geography));
  loaded.problems = kj::mv(compiled.problems);
  loaded.ofUsers = kj::mv(compiled.ofUsers);
  loaded.missing = kj::mv(compiled.missing);
  return loaded;
}

RuleSet::RuleSet(kj::Array<Rule> rules, kj::Own<Geography> geography)
    : all(kj::mv(rules)),
      databases(kj::mv(geography)),
      counts(kj::heapArray<HitCount>(all.size())),
      dependencies(all),
      flows(all, ALL_KEYS, isNoAnswer),
      answers(all, ALL_KEYS, isAnswer),
      unnamed(all, ALL_KEYS & ~NAME_KEYS, isNoAnswer),
      users(all, mayJudgeNames),
      nameStage(all, users) {}

bool RuleSet::isWhole(const FlowFacts& facts, uint64_t nowWallNs) const {
  return (dependencies.weekTimes.empty() || facts.wallNs == nowWallNs) &&
         (!dependencies.circumstances || facts.circumstances != nullptr);
}

FlowFacts RuleSet::whole(const FlowFacts& facts, uint64_t nowWallNs) const {
  FlowFacts completed = facts;
  completed.wallNs = nowWallNs;
  if (facts.circumstances == nullptr) completed.circumstances = &circumstances.get();
  return completed;
}

Decision RuleSet::decide(const FlowFacts& facts, uint64_t nowWallNs, Trace* trace) const {
  if (!isWhole(facts, nowWallNs)) return decide(whole(facts, nowWallNs), nowWallNs, trace);
  auto decision = decisionOf(
      trace == nullptr ? firstOf(facts, nowWallNs) : firstOf(facts, nowWallNs, *trace), facts);
  auto own = users.of(facts);
  if (own == nullptr) return decision;
  auto matching = [&](const Rule& rule) { return matches(rule, facts, nowWallNs); };
  auto any = [](const Rule&) { return true; };
  const Rule* first = trace == nullptr ? own->flows.firstOf(facts, matching)
                                       : firstTraced(own->rules, any, facts, nowWallNs, *trace);
  return first != nullptr && tightens(*first, decision) ? decisionOf(*first, facts) : decision;
}

const Rule& RuleSet::firstOf(const FlowFacts& facts, uint64_t nowWallNs) const {
  auto matching = [&](const Rule& rule) { return matches(rule, facts, nowWallNs); };
  auto& first = requireFirst(flows.firstOf(facts, matching));
  if (first.action != Action::ASK) return first;
  const Rule* answer = answers.firstOf(facts, matching);
  return answer == nullptr ? first : *answer;
}

const Rule& RuleSet::firstOf(const FlowFacts& facts, uint64_t nowWallNs, Trace& trace) const {
  auto& first = requireFirst(firstTraced(all, isNoAnswer, facts, nowWallNs, trace));
  if (first.action != Action::ASK) return first;
  const Rule* answer = firstTraced(all, isAnswer, facts, nowWallNs, trace);
  return answer == nullptr ? first : *answer;
}

bool RuleSet::hangsOnName(const FlowFacts& facts, uint64_t nowWallNs) const {
  if (!isWhole(facts, nowWallNs)) return hangsOnName(whole(facts, nowWallNs), nowWallNs);
  auto hangs = [&](const RuleIndex& index) {
    Match found = Match::NO;
    const Rule* first = index.firstOf(facts, [&](const Rule& rule) {
      found = rule.test(facts, nowWallNs);
      return found != Match::NO;
    });
    return found == Match::MAYBE ||
           (first != nullptr && (first->action == Action::ASK || first->learning));
  };
  auto own = users.of(facts);
  return hangs(unnamed) || (own != nullptr && hangs(own->unnamed));
}

bool RuleSet::hangsOnExamination(const FlowFacts& facts, uint64_t nowWallNs) const {
  if (!dependencies.examination || facts.process.examined) return false;
  if (!isWhole(facts, nowWallNs)) return hangsOnExamination(whole(facts, nowWallNs), nowWallNs);
  Match found = Match::NO;
  flows.firstOf(facts, [&](const Rule& rule) {
    found = rule.test(facts, nowWallNs);
    return found != Match::NO;
  });
  return found == Match::MAYBE;
}

NameDecision RuleSet::judgeName(const ProcessFacts& asker, kj::StringPtr name, uint64_t nowWallNs,
                                bool askerSpeaksForOthers, Trace* trace) const {
  return nameStage.judge({asker, name, nowWallNs, askerSpeaksForOthers, circumstances.get()},
                         trace);
}

bool RuleSet::goesFarAway(const ProcessFacts& asker, kj::StringPtr name, uint64_t nowWallNs,
                          bool askerSpeaksForOthers) const {
  return nameStage.goesFarAway({asker, name, nowWallNs, askerSpeaksForOthers, circumstances.get()});
}

void RuleSet::count(const Decision& decision, uint64_t nowWallNs) {
  HitCount& counted = counts[size_t(decision.rule - all.begin())];
  counted.hits++;
  counted.lastNs = nowWallNs;
}

kj::Array<kj::Maybe<size_t>> RuleSet::sameAs(const RuleSet& previous) const {
  kj::HashMap<kj::String, size_t> known;
  for (size_t i = 0; i < previous.all.size(); i++) known.insert(identity(previous.all[i]), i);
  return KJ_MAP(rule, all)->kj::Maybe<size_t> {
    KJ_IF_MAYBE (then, known.find(identity(rule))) {
      if (rule.text == previous.all[*then].text) return *then;
    }
    return nullptr;
  };
}

void RuleSet::adoptCounts(const RuleSet& previous, kj::ArrayPtr<const kj::Maybe<size_t>> same) {
  for (size_t i = 0; i < all.size(); i++)
    KJ_IF_MAYBE (then, same[i]) counts[i] = previous.counts[*then];
}

kj::Maybe<size_t> RuleSet::find(kj::StringPtr name) const {
  kj::Maybe<size_t> ours;
  for (size_t i = 0; i < all.size(); i++) {
    if (all[i].name != name) continue;
    if (all[i].isPeoples() && all[i].isForAll()) return i;
    if (ours == nullptr) ours = i;
  }
  return ours;
}

void RuleSet::shiftDurations(int64_t deltaNs) {
  for (auto& rule : all)
    if (rule.lasting && rule.expiresNs != 0) rule.expiresNs += uint64_t(deltaNs);
}

uint64_t RuleSet::nextExpiry(uint64_t nowWallNs) const {
  uint64_t next = 0;
  for (auto& rule : all)
    if (rule.expiresNs > nowWallNs && (next == 0 || rule.expiresNs < next)) next = rule.expiresNs;
  for (auto time : dependencies.weekTimes) {
    uint64_t change = time->nextChange(nowWallNs);
    if (change != 0 && (next == 0 || change < next)) next = change;
  }
  return next;
}

kj::Array<bool> RuleSet::phase(uint64_t nowWallNs) const {
  kj::Vector<bool> phase(all.size() + dependencies.weekTimes.size());
  for (auto& rule : all) phase.add(rule.expired(nowWallNs));
  for (auto time : dependencies.weekTimes) phase.add(time->has(nowWallNs));
  return phase.releaseAsArray();
}

}  // namespace portreeve::rules
