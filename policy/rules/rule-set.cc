// SPDX-License-Identifier: GPL-3.0-or-later
#include "policy/rules/rule-set.h"

#include "common/clock.h"
#include "policy/rules/builtin.h"
#include "policy/rules/nearest.h"
#include "policy/rules/operands.h"
#include "policy/rules/parse.h"
#include "policy/rules/week-time.h"

#include <kj/debug.h>
#include <kj/map.h>

#include <algorithm>

namespace portreeve::rules {
namespace {

class Loader {
public:
  explicit Loader(const RuleOptions& options) : options(options), lists(options.listFolder) {}

  void load(kj::ArrayPtr<const RuleSource> sources) {
    for (auto& source : sources) {
      if (source.layer == Layer::USER) continue;
      sets.read(source, problems);
      readDatabases(source, *geography, problems);
    }
    addBuiltin(builtinRules(), true);
    for (auto layer : {Layer::ADMINISTRATOR, Layer::SUITE}) {
      for (auto& source : sources)
        if (source.layer == layer) addPeoples(source);
    }
    addUsers(sources);
    addBuiltin(fallbackRules(), options.mode != Mode::PAUSE);
    refuseUnknownOff();
    addLast();
  }

  kj::Vector<kj::String> takeMissing() { return lists.takeMissing(); }

  kj::Vector<Rule> rules;
  kj::Vector<Problem> problems;
  kj::Vector<Problem> ofUsers;
  kj::Own<Geography> geography = kj::refcounted<Geography>();

private:
  const RuleOptions& options;
  Lists lists;
  NamedSets sets;
  kj::Vector<kj::String> builtinNames;

  ParseOptions parseOptions(const NamedSets& named) {
    return {options.users, options.startedNs, &lists,      geography.get(),
            &named,        options.profiles,  options.ways};
  }

  void addPeoples(const RuleSource& source) {
    auto parsed = parse(source, parseOptions(sets));
    for (auto& problem : parsed.problems) problems.add(kj::mv(problem));
    for (auto& rule : parsed.rules)
      if (isInForce(rule)) rules.add(kj::mv(rule));
  }

  void addUsers(kj::ArrayPtr<const RuleSource> sources) {
    kj::Vector<const RuleSource*> kept;
    for (auto& source : sources)
      if (source.layer == Layer::USER) kept.add(&source);
    std::stable_sort(kept.begin(), kept.end(), [](auto* a, auto* b) { return a->user < b->user; });
    for (auto source : kept) addUsers(*source);
  }

  void addUsers(const RuleSource& source) {
    // With sets of its own: no user's name for something is another's. A file that is not good
    // keeps nobody else's rules from being in force.
    NamedSets named;
    kj::Vector<Problem> wrong;
    named.read(source, wrong);
    auto parsed = parse(source, parseOptions(named));
    for (auto& problem : parsed.problems) wrong.add(kj::mv(problem));
    // In a lockdown as well: what is essential to the machine a user may still deny himself.
    if (wrong.empty() && options.mode != Mode::PAUSE)
      for (auto& rule : parsed.rules) rules.add(kj::mv(rule));
    for (auto& problem : wrong) ofUsers.add(kj::mv(problem));
  }

  void addBuiltin(const RuleSource& source, bool asked) {
    // What is not asked now has a name all the same, by which it may be off.
    auto parsed = parse(source, parseOptions(sets));
    KJ_ASSERT(parsed.problems.empty(), parsed.problems[0].toString());
    for (auto& rule : parsed.rules) {
      builtinNames.add(kj::str(rule.name));
      if (asked && !isOff(rule.name)) rules.add(kj::mv(rule));
    }
  }

  bool isInForce(const Rule& rule) const {
    if (options.mode == Mode::LOCKDOWN) return rule.essential;
    return options.mode != Mode::PAUSE;
  }

  bool isOff(kj::StringPtr name) const {
    bool keepsExisting = options.keepExisting && options.mode != Mode::LOCKDOWN;
    if (!keepsExisting && name == KEEP_EXISTING_RULE) return true;
    if (options.othersHaveDnsPort && name == ASK_DIRECTLY_RULE) return true;
    for (auto& off : options.builtinOff)
      if (name == off) return true;
    return false;
  }

  void refuseUnknownOff() {
    auto known = KJ_MAP(name, builtinNames) {
      return kj::StringPtr(name);
    };
    for (auto& off : options.builtinOff) {
      bool found = false;
      for (auto name : known) found = found || name == off;
      if (!found)
        problems.add(Problem{kj::str("settings"), 0, 0,
                             kj::str("policy.builtin_off: no built-in rule is named \"", off, '"',
                                     didYouMean(off, known))});
    }
  }

  void addLast() {
    switch (options.mode) {
      case Mode::LOCKDOWN:
        return addOfMode("lockdown", Action::BLOCK);
      case Mode::PAUSE:
        return addOfMode("pause", Action::ALLOW);
      case Mode::LEARN_ALLOW:
        return addLearning(Action::ALLOW);
      case Mode::LEARN_BLOCK:
        return addLearning(Action::BLOCK);
      case Mode::NONE:
        break;
    }
    addDefaults();
  }

  void addLearning(Action action) {
    // The last of the answers: whatever nobody has answered yet.
    addOfMode(LEARN_ASKED_RULE, action);
    rules.back().answer = rules.back().learning = true;
    if (options.defaultAction == DefaultAction::ASK) return addDefaults();
    addOfMode(LEARN_RULE, action);
    rules.back().learning = true;
  }

  void addOfMode(kj::StringPtr name, Action action) {
    Rule rule;
    rule.name = kj::str(name);
    rule.layer = Layer::DEFAULT;
    rule.file = kj::str(MODE_FILE);
    rule.text = kj::str("# portreeve ", name, "\naction = \"", toText(action), '"');
    rule.action = action;
    rules.add(kj::mv(rule));
  }

  void addDefaults() {
    KJ_IF_MAYBE (profiles, options.profiles)
      for (auto& profile : *profiles)
        KJ_IF_MAYBE (action, profile.defaultAction) addDefaultOf(profile, *action);
    rules.add(fallback("default", "policy.default", options.defaultAction));
  }

  void addDefaultOf(const Profile& profile, DefaultAction action) {
    auto rule = fallback(kj::str("default of profile ", profile.name),
                         kj::str("profile.", profile.name, ".default"), action);
    kj::Vector<kj::String> names;
    names.add(kj::str(profile.name));
    rule.operands.add(profileOperand(kj::mv(names)));
    rules.add(kj::mv(rule));
  }

  Rule fallback(kj::StringPtr name, kj::StringPtr key, DefaultAction action) {
    Rule rule;
    rule.name = kj::str(name);
    rule.layer = Layer::DEFAULT;
    rule.fallback = true;
    rule.file = kj::str(key);
    rule.text = kj::str("default = \"", portreeve::toText(action), '"');
    rule.action = actionOf(action);
    return rule;
  }

  static Action actionOf(DefaultAction action) {
    switch (action) {
      case DefaultAction::ALLOW:
        return Action::ALLOW;
      case DefaultAction::BLOCK:
        return Action::BLOCK;
      case DefaultAction::DROP:
        return Action::DROP;
      case DefaultAction::ASK:
        return Action::ASK;
    }
    KJ_UNREACHABLE;
  }
};

kj::String describeFailure(const Operand& operand, const FlowFacts& facts) {
  if (operand.test(facts) == Match::MAYBE)
    return kj::str(operand.key, ": wants ", operand.wanted(), ", not known yet");
  return kj::str(operand.key, ": wants ", operand.wanted(), ", has ", operand.found(facts));
}

kj::String whyNot(const Rule& rule, const FlowFacts& facts, uint64_t nowWallNs) {
  if (rule.expired(nowWallNs)) return kj::str("expired ", rfc3339(rule.expiresNs));
  // A plain "no" says more than a "not known yet" before it.
  for (auto& operand : rule.operands)
    if (operand->test(facts) == Match::NO) return describeFailure(*operand, facts);
  for (auto& operand : rule.operands)
    if (operand->test(facts) == Match::MAYBE) return describeFailure(*operand, facts);
  return kj::str();
}

void record(Trace& trace, const Rule& rule, bool matched, const FlowFacts& facts,
            uint64_t nowWallNs) {
  trace.considered.add(
      Considered{&rule, matched, matched ? kj::str() : whyNot(rule, facts, nowWallNs)});
}

void addWeekTimes(kj::ArrayPtr<const kj::Own<Operand>> operands,
                  kj::Vector<const WeekTime*>& times) {
  for (auto& operand : operands) {
    KJ_IF_MAYBE (time, operand->weekTime()) times.add(time);
    for (auto& inner : operand->nested()) addWeekTimes(inner, times);
  }
}

bool anyHangsOnCircumstances(kj::ArrayPtr<const kj::Own<Operand>> operands) {
  for (auto& operand : operands) {
    if (operand->hangsOnCircumstances()) return true;
    for (auto& inner : operand->nested())
      if (anyHangsOnCircumstances(inner)) return true;
  }
  return false;
}

bool matches(const Rule& rule, const FlowFacts& facts, uint64_t nowWallNs) {
  return !rule.expired(nowWallNs) && rule.test(facts) == Match::YES;
}

bool isAbout(kj::ArrayPtr<const kj::StringPtr> keys, const kj::Vector<kj::Own<Operand>>& operands) {
  for (auto& operand : operands) {
    if (std::find(keys.begin(), keys.end(), operand->key) != keys.end()) return true;
    for (auto& inner : operand->nested())
      if (isAbout(keys, inner)) return true;
  }
  return false;
}

constexpr kj::StringPtr EXAMINATION[] = {"process.sha256"_kj, "process.package"_kj};
constexpr kj::StringPtr INSTANCE[] = {"process.instance"_kj};

kj::Maybe<const Rule&> toMaybe(const Rule* rule) {
  if (rule == nullptr) return nullptr;
  return *rule;
}

const DomainFact* matchedName(const Rule& rule, const FlowFacts& facts) {
  for (auto& operand : rule.operands)
    if (const DomainFact* fact = operand->namedBy(facts)) return fact;
  return nullptr;
}

const DomainFact* nearestName(const FlowFacts& facts) {
  const DomainFact* nearest = nullptr;
  for (auto& fact : facts.domains)
    if (nearest == nullptr || fact.source < nearest->source) nearest = &fact;
  return nearest;
}

Decision decided(const Rule& rule, const FlowFacts& facts) {
  Decision decision{verdictOf(rule), &rule, "", nullptr};
  const DomainFact* fact = matchedName(rule, facts);
  if (fact == nullptr) fact = nearestName(facts);
  if (fact != nullptr) {
    decision.domain = fact->name;
    decision.named = fact->source;
  }
  return decision;
}

bool isPeoples(const Rule& rule) {
  return rule.layer == Layer::ADMINISTRATOR || rule.layer == Layer::SUITE ||
         rule.layer == Layer::USER;
}

bool isForAll(const Rule& rule) {
  return rule.layer != Layer::USER;
}

bool isNoAnswer(const Rule& rule) {
  return !rule.answer && isForAll(rule);
}

bool isAnswer(const Rule& rule) {
  // A user's word answers nothing: it could let through what is to be asked about.
  return rule.answer && isForAll(rule);
}

bool judgesNames(const Rule& rule) {
  // Of the last layer only what holds where no rule does: "loopback" and the like are about
  // addresses.
  return isPeoples(rule) || rule.fallback || rule.file == MODE_FILE;
}

FlowFacts nameStage() {
  FlowFacts facts;  // outgoing
  facts.known.protocol = facts.known.address = facts.known.port = false;
  facts.known.local = facts.known.interface = false;
  return facts;
}

FlowFacts nameFacts(const ProcessFacts& asker, const DomainFact& domain, uint64_t nowWallNs,
                    bool forOthers) {
  // Borrows from all of them.
  auto facts = nameStage();
  facts.known.process = facts.known.user = !forOthers;
  facts.process = asker;
  facts.wallNs = nowWallNs;
  facts.domains = kj::arrayPtr(&domain, 1);
  return facts;
}

bool mayJudgeNames(const Rule& rule) {
  // Left out of the index: what is about arriving flows alone, and a "no" that hangs on a port or
  // an address, which is never certain at this stage. Answers, too: at this stage whatever asks
  // lets through.
  if (!judgesNames(rule) || rule.answer) return false;
  const Circumstances somewhere;
  auto facts = nameStage();
  facts.wallNs = 1;  // the hour will be known, and where this machine is
  facts.circumstances = &somewhere;
  for (auto& operand : rule.operands) {
    if (operand->cost == Cost::NESTED) continue;
    if (operand->key == "direction" && operand->test(facts) == Match::NO) return false;
    if (!letsThrough(rule.action) && operand->test(facts) == Match::MAYBE) return false;
  }
  return true;
}

bool mayJudgeAllsNames(const Rule& rule) {
  return isForAll(rule) && mayJudgeNames(rule);
}

struct NameMatch {
  bool certain;
  bool decides;
  bool refuses;
};

NameMatch matchName(const Rule& rule, const FlowFacts& facts, uint64_t nowWallNs) {
  Match match = rule.expired(nowWallNs) ? Match::NO : rule.test(facts);
  bool lets = letsThrough(rule.action) || rule.learning;
  bool decides = lets ? match != Match::NO : match == Match::YES;
  return {match == Match::YES, decides, decides && !lets};
}

kj::String identity(const Rule& rule) {
  // Within a file a name is there once. A user's stands under his uid in its file's name.
  return kj::str(toText(rule.layer), '\n', rule.file, '\n', rule.name);
}

unsigned strictness(proto::Verdict verdict) {
  switch (verdict) {
    case proto::Verdict::ACCEPT:
      return 0;
    case proto::Verdict::ACCEPT_ONCE:
      return 1;
    case proto::Verdict::GATE17:
      return 2;
    case proto::Verdict::NAMESERVER:
      return 3;
    case proto::Verdict::ASK:
      return 4;
    case proto::Verdict::BLOCK_ONCE:
      return 5;
    case proto::Verdict::BLOCK:
      return 6;
    case proto::Verdict::DROP_ONCE:
      return 7;
    default:
      return 8;
  }
}

bool tightens(const Rule& rule, const Decision& decision) {
  return !letsThrough(rule.action) && strictness(verdictOf(rule)) > strictness(decision.verdict);
}

}  // namespace

RuleSet::Loaded RuleSet::load(kj::ArrayPtr<const RuleSource> sources, const RuleOptions& options) {
  Loader loader(options);
  loader.load(sources);
  Loaded loaded;
  loaded.problems = kj::mv(loader.problems);
  loaded.ofUsers = kj::mv(loader.ofUsers);
  loaded.missing = loader.takeMissing();
  if (loaded.problems.empty())
    loaded.set = kj::heap<RuleSet>(loader.rules.releaseAsArray(), kj::mv(loader.geography));
  return loaded;
}

RuleSet::RuleSet(kj::Array<Rule> rules, kj::Own<Geography> geography)
    : all(kj::mv(rules)),
      databases(kj::mv(geography)),
      counts(kj::heapArray<HitCount>(all.size())),
      flows(all, ALL_KEYS, isNoAnswer),
      answers(all, ALL_KEYS, isAnswer),
      unnamed(all, ALL_KEYS & ~NAME_KEYS, isNoAnswer),
      names(all, ASKER_KEYS, mayJudgeAllsNames),
      namesForOthers(all, NAME_KEYS, mayJudgeAllsNames),
      users(all, mayJudgeNames) {
  for (auto& rule : all) {
    addWeekTimes(rule.operands, weekTimes);
    anyGate = anyGate || rule.action == Action::GATE17;
    hangsOnCircumstances = hangsOnCircumstances || anyHangsOnCircumstances(rule.operands);
    examined = examined || isAbout(EXAMINATION, rule.operands);
    instances = instances || isAbout(INSTANCE, rule.operands);
  }
}

bool RuleSet::isWhole(const FlowFacts& facts, uint64_t nowWallNs) const {
  return (weekTimes.empty() || facts.wallNs == nowWallNs) &&
         (!hangsOnCircumstances || facts.circumstances != nullptr);
}

FlowFacts RuleSet::whole(const FlowFacts& facts, uint64_t nowWallNs) const {
  FlowFacts completed = facts;
  completed.wallNs = nowWallNs;
  if (facts.circumstances == nullptr) completed.circumstances = &circumstances.get();
  return completed;
}

Decision RuleSet::decide(const FlowFacts& facts, uint64_t nowWallNs, Trace* trace) const {
  if (!isWhole(facts, nowWallNs)) return decide(whole(facts, nowWallNs), nowWallNs, trace);
  auto decision = decided(
      trace == nullptr ? firstOf(facts, nowWallNs) : firstOf(facts, nowWallNs, *trace), facts);
  auto own = users.of(facts);
  if (own == nullptr) return decision;
  const Rule* first = nullptr;
  if (trace == nullptr) {
    first = own->flows.firstOf(facts,
                               [&](const Rule& rule) { return matches(rule, facts, nowWallNs); });
  } else {
    for (auto& rule : own->rules) {
      bool matched = matches(rule, facts, nowWallNs);
      record(*trace, rule, matched, facts, nowWallNs);
      if (!matched) continue;
      first = &rule;
      break;
    }
  }
  return first != nullptr && tightens(*first, decision) ? decided(*first, facts) : decision;
}

const Rule& RuleSet::firstOf(const FlowFacts& facts, uint64_t nowWallNs) const {
  auto matching = [&](const Rule& rule) { return matches(rule, facts, nowWallNs); };
  auto& first =
      KJ_ASSERT_NONNULL(toMaybe(flows.firstOf(facts, matching)), "the default has no operands");
  if (first.action != Action::ASK) return first;
  const Rule* answer = answers.firstOf(facts, matching);
  return answer == nullptr ? first : *answer;
}

const Rule& RuleSet::firstOf(const FlowFacts& facts, uint64_t nowWallNs, Trace& trace) const {
  auto firstThat = [&](auto&& counts) -> const Rule* {
    for (auto& rule : all) {
      if (!counts(rule)) continue;
      bool matched = matches(rule, facts, nowWallNs);
      record(trace, rule, matched, facts, nowWallNs);
      if (matched) return &rule;
    }
    return nullptr;
  };
  auto& first = KJ_ASSERT_NONNULL(toMaybe(firstThat(isNoAnswer)), "the default has no operands");
  if (first.action != Action::ASK) return first;
  const Rule* answer = firstThat(isAnswer);
  return answer == nullptr ? first : *answer;
}

bool RuleSet::hangsOnName(const FlowFacts& facts, uint64_t nowWallNs) const {
  if (!isWhole(facts, nowWallNs)) return hangsOnName(whole(facts, nowWallNs), nowWallNs);
  auto hangs = [&](const RuleIndex& index) {
    Match found = Match::NO;
    const Rule* first = index.firstOf(facts, [&](const Rule& rule) {
      found = rule.expired(nowWallNs) ? Match::NO : rule.test(facts);
      return found != Match::NO;
    });
    return found == Match::MAYBE ||
           (first != nullptr && (first->action == Action::ASK || first->learning));
  };
  auto own = users.of(facts);
  return hangs(unnamed) || (own != nullptr && hangs(own->unnamed));
}

bool RuleSet::hangsOnExamination(const FlowFacts& facts, uint64_t nowWallNs) const {
  if (!examined || facts.process.examined) return false;
  if (!isWhole(facts, nowWallNs)) return hangsOnExamination(whole(facts, nowWallNs), nowWallNs);
  Match found = Match::NO;
  flows.firstOf(facts, [&](const Rule& rule) {
    found = rule.expired(nowWallNs) ? Match::NO : rule.test(facts);
    return found != Match::NO;
  });
  return found == Match::MAYBE;
}

NameDecision RuleSet::judgeName(const ProcessFacts& asker, kj::StringPtr name, uint64_t nowWallNs,
                                bool askerSpeaksForOthers, Trace* trace) const {
  const DomainFact domain{name, askerSpeaksForOthers ? NameSource::ANY : NameSource::PROCESS};
  auto facts = nameFacts(asker, domain, nowWallNs, askerSpeaksForOthers);
  facts.circumstances = &circumstances.get();
  auto decision = judgeByOthers(facts, askerSpeaksForOthers, nowWallNs, trace);
  auto own = users.of(facts);
  if (own == nullptr || decision.refuse) return decision;
  bool refuse = false;
  const Rule* first = own->names.firstOf(facts, [&](const Rule& rule) {
    NameMatch match = matchName(rule, facts, nowWallNs);
    if (trace != nullptr) record(*trace, rule, match.certain, facts, nowWallNs);
    refuse = match.refuses;
    return match.decides;
  });
  return first != nullptr && refuse ? NameDecision{true, first} : decision;
}

NameDecision RuleSet::judgeByOthers(const FlowFacts& facts, bool forOthers, uint64_t nowWallNs,
                                    Trace* trace) const {
  if (trace == nullptr) return judgeName(facts, forOthers ? namesForOthers : names, nowWallNs);
  for (auto& rule : all) {
    if (!isForAll(rule) || !judgesNames(rule) || rule.answer) continue;
    NameMatch match = matchName(rule, facts, nowWallNs);
    record(*trace, rule, match.certain, facts, nowWallNs);
    if (match.decides) return {match.refuses, &rule};
  }
  KJ_UNREACHABLE;
}

NameDecision RuleSet::judgeName(const FlowFacts& facts, const RuleIndex& index,
                                uint64_t nowWallNs) const {
  bool refuse = false;
  const Rule* first = index.firstOf(facts, [&](const Rule& rule) {
    NameMatch match = matchName(rule, facts, nowWallNs);
    refuse = match.refuses;
    return match.decides;
  });
  return {refuse, &KJ_ASSERT_NONNULL(toMaybe(first), "the default has no operands")};
}

bool RuleSet::goesFarAway(const ProcessFacts& asker, kj::StringPtr name, uint64_t nowWallNs,
                          bool askerSpeaksForOthers) const {
  if (!anyGate) return false;
  const DomainFact domain{name, askerSpeaksForOthers ? NameSource::ANY : NameSource::PROCESS};
  auto facts = nameFacts(asker, domain, nowWallNs, askerSpeaksForOthers);
  facts.circumstances = &circumstances.get();
  auto& index = askerSpeaksForOthers ? namesForOthers : names;
  const Rule* first = index.firstOf(facts, [&](const Rule& rule) {
    if (rule.expired(nowWallNs)) return false;
    Match match = rule.test(facts);
    return match == Match::YES || (match == Match::MAYBE && rule.action == Action::GATE17);
  });
  return first != nullptr && first->action == Action::GATE17;
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
    if (isPeoples(all[i]) && isForAll(all[i])) return i;
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
  for (auto time : weekTimes) {
    uint64_t change = time->nextChange(nowWallNs);
    if (change != 0 && (next == 0 || change < next)) next = change;
  }
  return next;
}

kj::Array<bool> RuleSet::phase(uint64_t nowWallNs) const {
  kj::Vector<bool> phase(all.size() + weekTimes.size());
  for (auto& rule : all) phase.add(rule.expired(nowWallNs));
  for (auto time : weekTimes) phase.add(time->has(nowWallNs));
  return phase.releaseAsArray();
}

Decision stricter(const Decision& out, const Decision& in) {
  return strictness(in.verdict) > strictness(out.verdict) ? in : out;
}

}  // namespace portreeve::rules
