// SPDX-License-Identifier: GPL-3.0-or-later
#include "policy/prompts/answer.h"

#include "common/marks.h"
#include "common/time-span.h"
#include "policy/failure.h"
#include "policy/rules/glob.h"
#include "policy/toml-text.h"

namespace portreeve::policy {
namespace {

using proto::Verdict;
using rules::ProcessKind;

constexpr uint64_t LONGEST_SPAN_MS = 365ull * 24 * 60 * 60 * 1000;
constexpr size_t LONGEST_IN_NAME = 80;  // bytes of a path or a domain in a rule's name

Verdict verdictFrom(kj::StringPtr word) {
  if (word == "allow") return Verdict::ACCEPT;
  if (word == "block") return Verdict::BLOCK;
  if (word == "drop") return Verdict::DROP;
  fail("\"", word, "\" is no answer: allow, block or drop");
}

Scope scopeFrom(kj::StringPtr word) {
  if (word == "host") return Scope::HOST;
  if (word == "domain") return Scope::DOMAIN;
  if (word == "port") return Scope::PORT;
  if (word == "program") return Scope::PROGRAM;
  fail("\"", word, "\" is nothing that an answer can be about: host, domain, port or program");
}

void readLifetime(Answer& answer, kj::StringPtr word) {
  if (word == "once") {
    answer.lifetime = Lifetime::ONCE;
  } else if (word == "exit") {
    answer.lifetime = Lifetime::EXIT;
  } else if (word == "restart") {
    answer.lifetime = Lifetime::RESTART;
  } else if (word == "always") {
    answer.lifetime = Lifetime::ALWAYS;
  } else {
    uint64_t span = parseSpanMs(word).orDefault(0);
    if (span < 1000 || span > LONGEST_SPAN_MS)
      fail("an answer cannot last \"", word,
           "\": once, exit, restart, always, or a time from 1s to 365d");
    answer.lifetime = Lifetime::SPAN;
    answer.span = kj::str(word);
  }
}

bool isNamedByPath(const Program& program) {
  return program.path.size() > 0 &&
         (program.kind == ProcessKind::PROGRAM || program.kind == ProcessKind::REPLACED);
}

bool isOneProcess(const Program& program) {
  return program.pid != 0 && program.startTicks != 0;
}

kj::String processText(const Answer& answer, const Program& program) {
  if (answer.lifetime == Lifetime::EXIT || !isNamedByPath(program))
    return kj::str("{ instance = \"", program.pid, '@', program.startTicks, "\" }");
  return kj::str("{ path = ", quoted(rules::asPattern(program.path)), " }");
}

kj::String scopeLines(const Answer& answer, const Question& question) {
  auto& judgement = question.flow.judgement;
  auto there = question.destination();
  switch (answer.scope) {
    case Scope::HOST:
      return kj::str("address = \"", there.address.toString(), "\"\n");
    case Scope::DOMAIN: {
      auto any = judgement.namedBy.orDefault(rules::NameSource::PROCESS) == rules::NameSource::ANY;
      return kj::str("domain = ", quoted(judgement.domain), '\n', any ? "names = \"any\"\n" : "");
    }
    case Scope::PORT:
      return kj::str("protocol = \"", protocolText(there.protocol), "\"\nport = ", there.port,
                     '\n');
    case Scope::PROGRAM:
      break;
  }
  return kj::String();
}

kj::String endLine(const Answer& answer) {
  switch (answer.lifetime) {
    case Lifetime::SPAN:
      return kj::str("for = \"", answer.span, "\"\n");
    case Lifetime::EXIT:
      return kj::str("until = \"process-exit\"\n");
    case Lifetime::RESTART:
      return kj::str("until = \"restart\"\n");
    case Lifetime::ONCE:
    case Lifetime::ALWAYS:
      break;
  }
  return kj::String();
}

kj::String lastOf(kj::StringPtr text) {
  if (text.size() <= LONGEST_IN_NAME) return kj::str(text);
  size_t start = text.size() - LONGEST_IN_NAME;
  while (start < text.size() && (uint8_t(text[start]) & 0xc0) == 0x80)
    start++;  // within a character
  return kj::str("…", text.slice(start));
}

kj::String programText(const Program& program) {
  KJ_IF_MAYBE (slash, program.path.findLast('/')) return lastOf(program.path.slice(*slash + 1));
  return kj::str("process ", program.pid);
}

kj::String whereTo(const Answer& answer, const Question& question) {
  auto there = question.destination();
  switch (answer.scope) {
    case Scope::HOST:
      return there.address.toString();
    case Scope::DOMAIN:
      return lastOf(question.flow.judgement.domain);
    case Scope::PORT:
      return kj::str(protocolText(there.protocol), " port ", there.port);
    case Scope::PROGRAM:
      break;
  }
  return kj::str("everything");
}

}  // namespace

Answer Answer::from(proto::PromptAnswer::Reader words) {
  Answer answer;
  answer.verdict = verdictFrom(words.getAction());
  answer.scope = scopeFrom(words.getScope());
  readLifetime(answer, words.getLifetime());
  return answer;
}

kj::StringPtr Answer::action() const {
  return actionText(verdict);
}

kj::String Answer::lifetimeText() const {
  switch (lifetime) {
    case Lifetime::ONCE:
      return kj::str("once");
    case Lifetime::SPAN:
      return kj::str(span);
    case Lifetime::EXIT:
      return kj::str("exit");
    case Lifetime::RESTART:
      return kj::str("restart");
    case Lifetime::ALWAYS:
      break;
  }
  return kj::str("always");
}

kj::StringPtr Answer::scopeText() const {
  switch (scope) {
    case Scope::HOST:
      return "host";
    case Scope::DOMAIN:
      return "domain";
    case Scope::PORT:
      return "port";
    case Scope::PROGRAM:
      break;
  }
  return "program";
}

PossibleAnswers PossibleAnswers::to(const Question& question) {
  auto& program = *question.subject().program;
  PossibleAnswers possible;
  possible.exit = isOneProcess(program);
  possible.lasting = isNamedByPath(program) || possible.exit;
  possible.domain = question.flow.judgement.domain.size() > 0;
  auto protocol = question.flow.tuple.protocol;
  possible.port = protocol == PROTOCOL_TCP || protocol == PROTOCOL_UDP;
  return possible;
}

void PossibleAnswers::require(const Answer& answer) const {
  if (answer.lifetime != Lifetime::ONCE && !lasting)
    fail("nobody could say which program this is, so no rule can be about it: answer once");
  if (answer.lifetime == Lifetime::EXIT && !exit)
    fail("which process this is is not known, so nothing can end with it");
  if (answer.scope == Scope::DOMAIN && !domain)
    fail("no name is known for this address: answer for the host");
  if (answer.scope == Scope::PORT && !port)
    fail("this has no port: answer for the host or the program");
}

bool covers(const Answer& answer, const Question& question, const Flow& other) {
  if (question.flow.direction != other.direction) return false;
  auto here = question.destination();
  auto there = Destination::of(other, question.ofReceiver);
  switch (answer.scope) {
    case Scope::HOST:
      return question.everything || sameHost(question.flow, other);
    case Scope::DOMAIN:
      return question.flow.judgement.domain == other.judgement.domain;
    case Scope::PORT:
      return here.port == there.port && here.protocol == there.protocol;
    case Scope::PROGRAM:
      break;
  }
  return true;
}

kj::String ruleText(const Answer& answer, const Question& question) {
  auto& program = *question.subject().program;
  auto user = question.owner().map([](uint32_t uid) { return kj::str("user = \"", uid, "\"\n"); });
  return kj::str("[[rule]]\nname = ", quoted(ruleName(answer, question)), "\naction = \"",
                 answer.action(), "\"\nanswer = true\nprocess = ", processText(answer, program),
                 '\n', user.orDefault(kj::String()), "direction = \"",
                 question.ofReceiver ? "in"_kj : rules::toText(question.flow.direction), "\"\n",
                 scopeLines(answer, question), endLine(answer));
}

kj::String ruleName(const Answer& answer, const Question& question) {
  return kj::str("answer ", question.id, ": ", answer.action(), ' ',
                 programText(*question.subject().program), ", ", whereTo(answer, question));
}

}  // namespace portreeve::policy
