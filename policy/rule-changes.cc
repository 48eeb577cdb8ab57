// SPDX-License-Identifier: GPL-3.0-or-later
#include "policy/rule-changes.h"

#include "policy/failure.h"
#include "policy/rule-order.h"
#include "policy/rule-words.h"
#include "policy/rules/nearest.h"
#include "policy/rules/parse.h"

namespace portreeve::policy {
namespace {

using rules::Layer;
using rules::Rule;

constexpr size_t LARGEST_ADDITION = 256 << 10;
constexpr size_t MOST_OF_USER = 200;  // rules
constexpr size_t LARGEST_OF_USER = 64 << 10;
constexpr kj::StringPtr ADDITION = "rule"_kj;  // the place of what has no file yet

kj::Vector<Rule> requireRules(const ChangeContext& context, kj::StringPtr toml) {
  if (toml.size() > LARGEST_ADDITION) fail("these are too many rules at once: at most 256 KiB");
  rules::RuleSource source{kj::str(ADDITION), kj::str(toml), context.whose.layer(),
                           context.nowWallNs, context.whose.user.orDefault(0)};
  auto parsed = rules::parse(source, {context.users, context.startedNs});
  if (!parsed.problems.empty()) fail(allLines(parsed.problems));
  if (parsed.rules.empty()) fail("there is no [[rule]] in it");
  return kj::mv(parsed.rules);
}

void requireShare(const ChangeContext& context, size_t rules, size_t bytes) {
  for (auto& rule : context.inForce.rules())
    if (context.whose.owns(rule)) rules++;
  for (auto& source : context.current)
    if (context.whose.owns(source)) bytes += source.text.size();
  if (rules > MOST_OF_USER || bytes > LARGEST_OF_USER)
    fail("that would be too many rules of your own: at most ", MOST_OF_USER, ", of ",
         LARGEST_OF_USER >> 10, " KiB");
}

FileChange takingOut(const ChangeContext& context, const Rule& rule) {
  auto name = context.whose.changeName(rule.file);
  KJ_IF_MAYBE (content, context.own.read(name)) {
    auto rest = withoutRule(content->text, rule);
    if (rest.size() == 0) return FileChange{kj::mv(name), nullptr};
    // `for` counts from the time a file was written: the other rules' ends stay as they are.
    return FileChange{kj::mv(name), FileContent{kj::mv(rest), content->writtenNs}};
  }
  fail("rule \"", rule.name, "\" does not stand at ", rule.origin(), " any more: try again");
}

bool sharesNames(const KeptBy& whose, const Rule& rule) {
  // What others keep for themselves is nobody's business.
  return whose.user == nullptr ? rule.layer != Layer::USER : whose.owns(rule);
}

void makeRoomFor(const ChangeContext& context, kj::StringPtr name,
                 kj::Vector<FileChange>& changes) {
  for (auto& rule : context.inForce.rules()) {
    if (rule.name != name || !sharesNames(context.whose, rule)) continue;
    if (!context.whose.owns(rule) || !rule.expired(context.nowWallNs))
      fail("a rule named \"", name, "\" is there already (", rule.origin(),
           "): give this one another name, or remove that one first");
    for (auto& change : changes)
      if (change.name == context.whose.changeName(rule.file))
        fail("rule \"", name, "\" has ended, but stands with others in ", rule.file,
             ": remove it first");
    changes.add(takingOut(context, rule));
  }
}

void takeOutEndedAnswers(const ChangeContext& context, kj::Vector<FileChange>& changes) {
  // Nobody takes them back by hand. Of a file with several, one at a time.
  for (auto& rule : context.inForce.rules()) {
    if (rule.layer != Layer::SUITE || !rule.answer || !rule.expired(context.nowWallNs)) continue;
    bool changing = false;
    for (auto& change : changes) changing = changing || change.name == fileName(rule.file);
    if (!changing) changes.add(takingOut(context, rule));
  }
}

[[noreturn]] void refuse(const Rule& rule) {
  if (rule.layer == Layer::ADMINISTRATOR)
    fail("rule \"", rule.name, "\" stands in ", rule.origin(),
         ", a file that only people write: take it out there");
  if (isDefault(rule))
    fail("\"", rule.name, "\" is no rule but the setting ", rule.file, ": change it there");
  fail("rule \"", rule.name, "\" is built in: switch it off by [policy] builtin_off = [\"",
       rule.name, "\"] in portreeve.toml");
}

const Rule& requireOwn(const ChangeContext& context, kj::StringPtr name) {
  kj::Maybe<const Rule&> others;
  kj::Vector<kj::StringPtr> ours;
  for (auto& rule : context.inForce.rules()) {
    if (context.whose.owns(rule)) ours.add(rule.name);
    if (rule.name != name) continue;
    if (context.whose.owns(rule)) return rule;
    if (context.whose.user == nullptr && sharesNames(context.whose, rule)) others = rule;
  }
  KJ_IF_MAYBE (rule, others) refuse(*rule);
  fail("no rule is named \"", name, '"',
       ours.empty() ? kj::str(": the suite keeps none of ",
                              context.whose.user == nullptr ? "its own" : "yours")
                    : rules::didYouMean(name, ours));
}

kj::String withLineEnd(kj::StringPtr text) {
  return text.endsWith("\n") ? kj::str(text) : kj::str(text, '\n');
}

}  // namespace

Addition planAddition(const ChangeContext& context, kj::StringPtr toml) {
  auto rules = requireRules(context, toml);
  if (context.whose.user != nullptr) requireShare(context, rules.size(), toml.size());
  Addition addition;
  for (auto& rule : rules) makeRoomFor(context, rule.name, addition.changes);
  if (rules[0].answer) takeOutEndedAnswers(context, addition.changes);
  auto file = nextFileName(context.current, context.whose, rules[0].name);
  addition.changes.add(FileChange{kj::mv(file), FileContent{withLineEnd(toml)}});
  addition.firstRule = kj::mv(rules[0].name);
  return addition;
}

Replacement planReplacement(const ChangeContext& context, kj::StringPtr name, kj::StringPtr toml) {
  auto& old = requireOwn(context, name);
  auto rules = requireRules(context, toml);
  if (rules.size() != 1) fail("one rule is to be changed: give one [[rule]], not ", rules.size());
  Replacement replacement;
  if (rules[0].name != name) makeRoomFor(context, rules[0].name, replacement.changes);
  auto file = context.whose.changeName(old.file);
  KJ_IF_MAYBE (content, context.own.read(file)) {
    bool alone = withoutRule(content->text, old).size() == 0;
    auto text = withRule(content->text, old, withLineEnd(toml));
    // `for` counts from the time a file was written: what stands beside it ends when it would have.
    replacement.changes.add(
        FileChange{kj::mv(file), FileContent{kj::mv(text), alone ? 0 : content->writtenNs}});
  } else {
    fail("rule \"", name, "\" does not stand at ", old.origin(), " any more: try again");
  }
  replacement.rule = kj::mv(rules[0].name);
  return replacement;
}

kj::Vector<FileChange> planMove(const ChangeContext& context, kj::StringPtr name,
                                kj::StringPtr before) {
  auto& moved = requireOwn(context, name);
  if (before == name) fail("rule \"", name, "\" cannot be asked before itself");
  RuleOrder order(context.current, context.ownFolder);
  if (before.size() > 0)
    order.move(moved, requireOwn(context, before));
  else
    order.moveLast(moved);
  return order.changes();
}

kj::Vector<FileChange> planRemoval(const ChangeContext& context, kj::StringPtr name) {
  kj::Vector<FileChange> changes;
  changes.add(takingOut(context, requireOwn(context, name)));
  return changes;
}

kj::String allLines(kj::ArrayPtr<const rules::Problem> problems) {
  return kj::strArray(
      KJ_MAP(problem, problems) { return problem.toString(); }, "\n");
}

}  // namespace portreeve::policy
