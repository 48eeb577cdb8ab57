// SPDX-License-Identifier: GPL-3.0-or-later
#include "policy/rules/compile.h"

#include "policy/rules/builtin.h"
#include "policy/rules/nearest.h"
#include "policy/rules/operands.h"
#include "policy/rules/parse.h"

#include <kj/debug.h>

#include <algorithm>

namespace portreeve::rules {
namespace {

class Compiler {
public:
  explicit Compiler(const RuleOptions& options) : options(options), lists(options.listFolder) {}

  Compiled compile(kj::ArrayPtr<const RuleSource> sources) {
    for (auto& source : sources) {
      if (source.layer == Layer::USER) continue;
      sets.read(source, made.problems);
      readDatabases(source, *made.geography, made.problems);
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
    made.missing = lists.takeMissing();
    return kj::mv(made);
  }

private:
  const RuleOptions& options;
  Compiled made;
  Lists lists;
  NamedSets sets;
  kj::Vector<kj::String> builtinNames;

  ParseOptions parseOptions(const NamedSets& named) {
    return {options.users, options.startedNs, &lists,      made.geography.get(),
            &named,        options.profiles,  options.ways};
  }

  void addPeoples(const RuleSource& source) {
    auto parsed = parse(source, parseOptions(sets));
    for (auto& problem : parsed.problems) made.problems.add(kj::mv(problem));
    for (auto& rule : parsed.rules)
      if (isInForce(rule)) made.rules.add(kj::mv(rule));
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
      for (auto& rule : parsed.rules) made.rules.add(kj::mv(rule));
    for (auto& problem : wrong) made.ofUsers.add(kj::mv(problem));
  }

  void addBuiltin(const RuleSource& source, bool asked) {
    // What is not asked now has a name all the same, by which it may be off.
    auto parsed = parse(source, parseOptions(sets));
    KJ_ASSERT(parsed.problems.empty(), parsed.problems[0].toString());
    for (auto& rule : parsed.rules) {
      builtinNames.add(kj::str(rule.name));
      if (asked && !isOff(rule.name)) made.rules.add(kj::mv(rule));
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
        made.problems.add(Problem{kj::str("settings"), 0, 0,
                                  kj::str("policy.builtin_off: no built-in rule is named \"", off,
                                          '"', didYouMean(off, known))});
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
    made.rules.back().answer = made.rules.back().learning = true;
    if (options.defaultAction == DefaultAction::ASK) return addDefaults();
    addOfMode(LEARN_RULE, action);
    made.rules.back().learning = true;
  }

  void addOfMode(kj::StringPtr name, Action action) {
    Rule rule;
    rule.name = kj::str(name);
    rule.layer = Layer::DEFAULT;
    rule.file = kj::str(MODE_FILE);
    rule.text = kj::str("# portreeve ", name, "\naction = \"", toText(action), '"');
    rule.action = action;
    made.rules.add(kj::mv(rule));
  }

  void addDefaults() {
    KJ_IF_MAYBE (profiles, options.profiles)
      for (auto& profile : *profiles)
        KJ_IF_MAYBE (action, profile.defaultAction) addDefaultOf(profile, *action);
    made.rules.add(fallback("default", "policy.default", options.defaultAction));
  }

  void addDefaultOf(const Profile& profile, DefaultAction action) {
    auto rule = fallback(kj::str("default of profile ", profile.name),
                         kj::str("profile.", profile.name, ".default"), action);
    kj::Vector<kj::String> names;
    names.add(kj::str(profile.name));
    rule.operands.add(profileOperand(kj::mv(names)));
    made.rules.add(kj::mv(rule));
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

}  // namespace

Compiled compile(kj::ArrayPtr<const RuleSource> sources, const RuleOptions& options) {
  return Compiler(options).compile(sources);
}

}  // namespace portreeve::rules
