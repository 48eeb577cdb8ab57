// SPDX-License-Identifier: GPL-3.0-or-later
#include "policy/events.h"

#include "common/clock.h"
#include "common/marks.h"
#include "policy/deciding.h"
#include "policy/rules/rule.h"

namespace portreeve::policy {
namespace {

using proto::Verdict;

constexpr kj::StringPtr INFO = "6"_kj, NOTICE = "5"_kj;  // syslog(3)

class Entry {
public:
  Entry(kj::StringPtr event, kj::StringPtr priority) {
    add("SYSLOG_IDENTIFIER", kj::str("portreeve"));
    add("PRIORITY", kj::str(priority));
    add("PORTREEVE_EVENT", kj::str(event));
  }

  void add(kj::StringPtr name, kj::String value) {
    if (value.size() > 0) fields.add(JournalField{name, kj::mv(value)});
  }

  void addProgram(const Party& party, const UserNames& users) {
    auto& program = *party.program;
    add("PORTREEVE_PROGRAM", kj::str(program.path));
    if (program.pid != 0) add("PORTREEVE_PID", kj::str(program.pid));
    KJ_IF_MAYBE (uid, program.uid) {
      add("PORTREEVE_UID", kj::str(*uid));
      add("PORTREEVE_USER", users.nameOf(*uid));
    }
    add("PORTREEVE_UNIT", kj::str(program.unit));
  }

  void addFlow(const Flow& flow) {
    add("PORTREEVE_DIRECTION", kj::str(rules::toText(flow.direction)));
    add("PORTREEVE_PROTOCOL", protocolText(flow.tuple.protocol));
    add("PORTREEVE_REMOTE", flow.remoteAddress().toString());
    if (flow.remotePort() != 0) add("PORTREEVE_REMOTE_PORT", kj::str(flow.remotePort()));
    if (flow.localPort() != 0) add("PORTREEVE_LOCAL_PORT", kj::str(flow.localPort()));
    add("PORTREEVE_DOMAIN", kj::str(flow.judgement.domain));
    add("PORTREEVE_RULE", kj::str(flow.judgement.rule));
    add("PORTREEVE_ORIGIN", kj::str(flow.judgement.origin));
  }

  kj::Vector<JournalField> fields;
};

kj::String wordsOf(const Party& party, const Flow& flow) {
  auto& program = *party.program;
  auto& domain = flow.judgement.domain;
  auto host = domain.size() > 0 ? kj::str(domain, " (", flow.remoteAddress().toString(), ')')
                                : flow.remoteAddress().toString();
  bool out = flow.direction == rules::Direction::OUT;
  uint16_t port = out ? flow.remotePort() : flow.localPort();
  return kj::str(program.path.size() > 0 ? program.path.asPtr() : "an unknown program"_kj,
                 out ? " to " : " from ", host, ", ", protocolText(flow.tuple.protocol), ' ', port);
}

bool isRefused(Verdict verdict) {
  return verdict != Verdict::NONE && verdict != Verdict::ASK && !letsThrough(verdict);
}

}  // namespace

Events::Events(FlowTable& flows, const UserNames& users, kj::Timer& timer, Journal& journal)
    : flows(flows), users(users), timer(timer), journal(journal), second(timer.now()) {
  flows.observe(*this);
}

Events::~Events() noexcept(false) {
  flows.stopObserving(*this);
}

bool Events::mayTell() {
  if (timer.now() - second >= 1 * kj::SECONDS) {
    second = timer.now();
    inSecond = 0;
  }
  if (inSecond++ < MOST_A_SECOND) return true;
  tooMany++;
  return false;
}

void Events::flowChanged(const Flow& flow) {
  if (!isRefused(flow.judgement.verdict) || !flow.judgement.log) return;
  if (!told.add(flow.id)) return;
  if (!mayTell()) return;
  Entry entry("refused", INFO);
  entry.add("MESSAGE",
            kj::str(actionText(flow.judgement.verdict), ": ", wordsOf(flow.process, flow)));
  entry.add("PORTREEVE_ACTION", kj::str(actionText(flow.judgement.verdict)));
  entry.addProgram(flow.process, users);
  entry.addFlow(flow);
  journal.send(entry.fields);
}

void Events::asked(const Question& question) {
  if (!mayTell()) return;
  Entry entry("asked", NOTICE);
  entry.add("MESSAGE",
            kj::str("question ", question.id, ": ", wordsOf(question.subject(), question.flow)));
  entry.add("PORTREEVE_QUESTION", kj::str(question.id));
  entry.addProgram(question.subject(), users);
  entry.addFlow(question.flow);
  journal.send(entry.fields);
}

void Events::closed(const Question& question, const Closed& how) {
  if (!mayTell()) return;
  Entry entry(how.how, NOTICE);
  entry.add("MESSAGE",
            kj::str("question ", question.id, " is ", how.how, how.who.size() > 0 ? " by " : "",
                    how.who, how.action.size() > 0 ? ": " : "", how.action));
  entry.add("PORTREEVE_QUESTION", kj::str(question.id));
  entry.add("PORTREEVE_ACTION", kj::str(how.action));
  entry.add("PORTREEVE_LIFETIME", kj::str(how.lifetime));
  entry.add("PORTREEVE_SCOPE", kj::str(how.scope));
  entry.add("PORTREEVE_BY", kj::str(how.who));
  entry.addProgram(question.subject(), users);
  entry.addFlow(question.flow);
  journal.send(entry.fields);
}

void Events::turned(const Modes::Turn& turn) {
  if (!mayTell()) return;
  Entry entry("mode", NOTICE);
  auto name = nameOf(turn.mode);
  entry.add("MESSAGE",
            kj::str(name, " is ", turn.how, turn.who.size() > 0 ? " by " : "", turn.who));
  entry.add("PORTREEVE_MODE", kj::str(name));
  entry.add("PORTREEVE_TURN", kj::str(turn.how));
  if (turn.untilNs != 0) entry.add("PORTREEVE_UNTIL", rfc3339(turn.untilNs));
  entry.add("PORTREEVE_BY", kj::str(turn.who));
  journal.send(entry.fields);
}

void Events::changed(const Change& change) {
  if (!mayTell()) return;
  Entry entry("changed", NOTICE);
  entry.add("MESSAGE", kj::str(change.what, ", by ", change.who));
  entry.add("PORTREEVE_BY", kj::str(change.who));
  if (change.undoes != 0) entry.add("PORTREEVE_UNDOES", kj::str(change.undoes));
  entry.add("PORTREEVE_FILES", kj::strArray(
                                   KJ_MAP(file, change.files) { return kj::str(file.file); }, " "));
  journal.send(entry.fields);
}

}  // namespace portreeve::policy
