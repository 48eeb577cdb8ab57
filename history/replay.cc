// SPDX-License-Identifier: GPL-3.0-or-later
#include "history/replay.h"

#include "common/clock.h"
#include "common/marks.h"
#include "common/tuple.h"
#include "history/past-facts.h"
#include "history/row.h"
#include "history/time-text.h"

#include <kj/vector.h>

#include <algorithm>
#include <map>
#include <tuple>

namespace portreeve::history {
namespace {

namespace view = proto::view;

constexpr size_t MOST_EXAMPLES = 3;

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
               PastFacts& facts) {
    changedCount++;
    auto& change = changes[Key(row.number(EXECUTABLE), action, decision.verdict, decision.rule)];
    int64_t time = row.number(STARTED);
    if (change.connections++ == 0 || time < change.first) change.first = time;
    change.last = kj::max(change.last, time);
    if (change.examples.size() < MOST_EXAMPLES) addExample(change, row, facts);
  }

  void fill(view::ReplayOutcome::Builder to, PastFacts& facts, double seconds) const {
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

  static void addExample(Change& change, const Statement& row, PastFacts& facts) {
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
                   PastFacts& facts) {
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
  PastFacts facts(database, accounts);
  Outcome outcome;
  auto row = rowsWithin(database, span);
  while (row.step()) {
    outcome.judged(row.number(STARTED));
    auto decision = decide(set, row, facts, now);
    int64_t before = row.number(ACTION);
    if (facts.texts.text(before) != actionText(decision.verdict))
      outcome.changed(row, before, decision, facts);
  }
  auto answer = kj::heap<capnp::MallocMessageBuilder>();
  outcome.fill(answer->initRoot<view::ReplayOutcome>(), facts, double(monotonicNs() - begun) / 1e9);
  return answer;
}

}  // namespace portreeve::history
