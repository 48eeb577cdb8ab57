// SPDX-License-Identifier: GPL-3.0-or-later
#include "policy/explain-words.h"

#include "common/marks.h"
#include "common/tuple.h"
#include "policy/rule-words.h"
#include "policy/rules/explanation.h"
#include "policy/rules/rule.h"

#include <kj/debug.h>

namespace portreeve::policy {
namespace {

using proto::Verdict;
using rules::Direction;

kj::String fate(Verdict verdict) {
  bool each = verdict == Verdict::ACCEPT_ONCE || verdict == Verdict::BLOCK_ONCE ||
              verdict == Verdict::DROP_ONCE;
  return kj::str(rules::fateOf(actionText(verdict)), each ? ", packet by packet," : "");
}

kj::String sectionOf(const rules::Rule& fallback) {
  // Its file is the key: "policy.default".
  return kj::str(fallback.file.slice(0, KJ_ASSERT_NONNULL(fallback.file.findLast('.'))));
}

kj::String by(const rules::Rule& rule) {
  if (isDefault(rule))
    return kj::str("because no rule matches (", rule.text, " in [", sectionOf(rule), "])");
  return kj::str("by rule \"", rule.name, "\" (", rule.origin(), ')');
}

kj::String byRecorded(const Judgement& judgement) {
  if (judgement.rule.size() == 0) return kj::str("(", judgement.origin, ')');
  return kj::str("by rule \"", judgement.rule, "\" (", judgement.origin, ')');
}

kj::StringPtr lastComponent(kj::StringPtr path) {
  KJ_IF_MAYBE (slash, path.findLast('/')) return path.slice(*slash + 1);
  return path;
}

kj::String ofUser(kj::Maybe<uint32_t> uid, const UserNames& users) {
  KJ_IF_MAYBE (number, uid) return kj::str("user ", users.nameOf(*number));
  return kj::String();
}

kj::String who(const Program& program, const UserNames& users) {
  switch (program.kind) {
    case rules::ProcessKind::KERNEL:
      return kj::str("The kernel");
    case rules::ProcessKind::NO_SOCKET:
      return kj::str("No process (no socket waits there)");
    case rules::ProcessKind::UNKNOWN:
      return kj::str("An unknown process", program.reason.size() > 0 ? " (" : "", program.reason,
                     program.reason.size() > 0 ? ")" : "");
    default:
      break;
  }
  auto name = program.path.size() > 0 ? lastComponent(program.path) : kj::StringPtr(program.name);
  auto user = ofUser(program.uid, users);
  return kj::str(name, " (pid ", program.pid, user.size() > 0 ? ", " : "", user, ')');
}

kj::String port(uint8_t protocol, uint16_t number) {
  return number == 0 ? protocolText(protocol) : kj::str(protocolText(protocol), " port ", number);
}

kj::String named(kj::StringPtr domain, const Address& address) {
  auto text = address.toString();
  return domain.size() == 0 ? kj::mv(text) : kj::str(domain, " (", text, ')');
}

kj::String what(const Flow& flow) {
  auto remote = named(flow.judgement.domain, flow.remoteAddress());
  uint8_t protocol = flow.tuple.protocol;
  if (flow.direction == Direction::OUT)
    return kj::str(" going to ", remote, ", ", port(protocol, flow.remotePort()), ',');
  return kj::str(" reached from ", remote, " at ", port(protocol, flow.localPort()));
}

bool sameRule(const Judgement& recorded, const rules::Rule& rule) {
  Judgement now;
  name(now, rule);
  return now.rule == recorded.rule && now.origin == recorded.origin;
}

kj::String sinceThen(const Judgement& recorded, const rules::Decision& now) {
  if (recorded.verdict != now.verdict)
    return kj::str(" By the rules now in force it would be ", fate(now.verdict), ' ', by(*now.rule),
                   '.');
  if (!sameRule(recorded, *now.rule))
    return kj::str(" By the rules now in force the same is decided ", by(*now.rule), '.');
  return kj::String();
}

kj::String askerWords(const rules::FlowFacts& facts, const UserNames& users) {
  kj::String program = facts.known.process ? kj::str(facts.process.path) : kj::str("A program");
  if (!facts.known.user) return program;
  return kj::str(program, " of ", ofUser(facts.process.uid, users));
}

kj::String portWords(const rules::FlowFacts& facts) {
  if (facts.known.protocol && facts.known.port) return port(facts.protocol, facts.port());
  if (facts.known.protocol) return protocolText(facts.protocol);
  return facts.known.port ? kj::str("port ", facts.port()) : kj::String();
}

kj::String placeWords(const rules::FlowFacts& facts) {
  kj::StringPtr domain = facts.domains.size() > 0 ? facts.domains[0].name : ""_kj;
  if (facts.known.address) return named(domain, facts.remote);
  return domain.size() > 0 ? kj::str(domain) : kj::str("somewhere");
}

}  // namespace

kj::String wordsOf(const Flow& flow, const rules::Decision& now, const UserNames& users) {
  auto& recorded = flow.judgement;
  auto subject = kj::str(who(*flow.process.program, users), what(flow));
  bool restarted = recorded.rule.size() == 0 && flow.process.program->pid == 0 &&
                   flow.process.program->kind == rules::ProcessKind::UNKNOWN;
  if (restarted && recorded.origin.startsWith("decided before"))
    return kj::str(subject, " is ", fate(recorded.verdict), " (", recorded.origin,
                   "): which rule decided is not known any more.");
  return kj::str(subject, " is ", fate(recorded.verdict), ' ', byRecorded(recorded), '.',
                 sinceThen(recorded, now));
}

kj::String wordsOf(const rules::FlowFacts& facts, const rules::Decision& decision,
                   kj::Maybe<const rules::Rule&> couldDecide, const UserNames& users) {
  bool out = facts.direction == Direction::OUT;
  auto ports = portWords(facts);
  auto words =
      kj::str(askerWords(facts, users), out ? " going to " : " reached from ", placeWords(facts),
              ports.size() > 0 ? out ? ", " : " at " : "", ports, out ? "," : "", " would be ",
              fate(decision.verdict), ' ', by(*decision.rule), '.');
  KJ_IF_MAYBE (rule, couldDecide)
    words = kj::str(words, " Rule \"", rule->name, "\" (", rule->origin(),
                    ") comes before and hangs on what was not said.");
  if (facts.loopback && out)
    words = kj::str(words,
                    " On this machine the receiving program is judged too; the stricter of "
                    "both verdicts wins.");
  return words;
}

kj::String nameWords(kj::StringPtr domain, const rules::NameDecision& decision) {
  auto& rule = *decision.rule;
  auto named = isDefault(rule) ? kj::str(rule.file)
                               : kj::str("rule \"", rule.name, "\" (", rule.origin(), ')');
  if (decision.refuse)
    return kj::str("the name ", domain, " is refused: whatever came of it would be stopped by ",
                   named);
  return kj::str("the name ", domain, " is answered: ", named,
                 " may let a connection to it through");
}

}  // namespace portreeve::policy
