// SPDX-License-Identifier: GPL-3.0-or-later
#include "history/explain.h"

#include "common/clock.h"
#include "common/marks.h"
#include "history/failure.h"
#include "history/past-facts.h"
#include "history/row.h"
#include "policy/rules/explanation.h"
#include "policy/rules/network-view.h"

namespace portreeve::history {
namespace {

namespace view = proto::view;

kj::String by(kj::StringPtr rule, kj::StringPtr origin) {
  if (rule.size() == 0) return kj::str("(", origin, ')');
  return kj::str("by rule \"", rule, "\" (", origin, ')');
}

kj::String byNow(const rules::Rule& rule) {
  if (!rule.fallback) return by(rule.name, rule.origin());
  return by("", kj::str("no rule matches: ", rule.file));
}

kj::String wordsOf(view::Judgement::Reader then, const rules::Decision& now) {
  auto byThen = by(then.getRule(), then.getReason());
  auto words = kj::str("It was ", rules::fateOf(then.getAction()), ' ', byThen);
  auto action = actionText(now.verdict);
  auto because = byNow(*now.rule);
  if (then.getAction() == action && byThen == because)
    return kj::str(words, "; the rules now in force decide the same.");
  return kj::str(words, ". By the rules now in force it would be ", rules::fateOf(action), ' ',
                 because, '.');
}

}  // namespace

Answer explain(Database& database, const rules::RuleSet& set, int64_t connection, int64_t openLife,
               const Accounts& accounts, kj::StringPtr listFolder) {
  Statement row(database, kj::str("SELECT ", COLUMNS, " FROM connection WHERE id = ?"));
  row.start().bind(connection);
  if (!row.step())
    fail("connection ", connection,
         " is not in the history (any more): `portreeve history` lists those that are");
  PastFacts facts(database, accounts);
  rules::Trace trace;
  auto decision = decide(set, row, facts, wallNs(), &trace);
  auto answer = kj::heap<capnp::MallocMessageBuilder>();
  auto explanation = answer->initRoot<view::Explanation>();
  fillConnection(explanation.initConnection(), row, facts.texts, openLife);
  rules::fillDecision(set, decision, trace, explanation);
  KJ_IF_MAYBE (remote, Address::parse(explanation.getConnection().getRemote().getAddress()))
    rules::fillNetwork(*remote, set.geography(), explanation.initNetwork());
  rules::fillLists(listFolder, explanation.getConnection().getDomain(), explanation);
  explanation.setWords(wordsOf(explanation.getConnection().getVerdict().asReader(), decision));
  return answer;
}

}  // namespace portreeve::history
