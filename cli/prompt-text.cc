// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/prompt-text.h"

#include "cli/network-text.h"
#include "cli/printable.h"
#include "cli/text-file.h"
#include "common/time-span.h"

namespace portreeve::cli {
namespace {

constexpr kj::StringPtr ACTIONS[] = {"allow"_kj,   "block"_kj, "drop"_kj,
                                     "dismiss"_kj, "skip"_kj,  "quit"_kj};
constexpr kj::StringPtr LETTERS[] = {"a"_kj, "b"_kj, "d"_kj, "x"_kj, "s"_kj, "q"_kj};
constexpr kj::StringPtr LIFETIMES[] = {"once"_kj, "exit"_kj, "restart"_kj, "always"_kj};
constexpr kj::StringPtr SCOPES[] = {"host"_kj, "domain"_kj, "port"_kj, "program"_kj};

bool isAmong(kj::ArrayPtr<const kj::StringPtr> words, kj::StringPtr word) {
  for (auto one : words)
    if (one == word) return true;
  return false;
}

kj::Maybe<kj::StringPtr> actionFrom(kj::StringPtr word) {
  for (size_t i = 0; i < kj::size(ACTIONS); i++)
    if (word == ACTIONS[i] || word == LETTERS[i]) return ACTIONS[i];
  return nullptr;
}

kj::String placeText(proto::PromptDestination::Reader there) {
  auto protocol = kj::str(' ', there.getProtocol());
  return there.getPort() == 0 ? kj::mv(protocol) : kj::str(protocol, ' ', there.getPort());
}

kj::String whoText(proto::view::Program::Reader program) {
  auto path = program.getPath().size() > 0 ? program.getPath() : program.getName();
  auto unit = program.getUnit().size() > 0 ? kj::str(", ", program.getUnit()) : kj::String();
  return printable(kj::str(path.size() > 0 ? path : "an unknown program"_kj, " (pid ",
                           program.getPid(), ", user ", program.getUser(), unit, ')'));
}

kj::String parentsText(proto::view::Program::Reader program) {
  kj::Vector<kj::String> paths;
  for (auto parent : program.getParents()) paths.add(printable(parent.getPath()));
  return paths.empty() ? kj::String() : kj::str("\n   started by ", kj::strArray(paths, " < "));
}

kj::String moreText(proto::Prompt::Reader prompt) {
  if (prompt.getMore().size() == 0) return kj::String();
  auto others = KJ_MAP(there, prompt.getMore()) {
    return kj::str(there.getAddress(), placeText(there));
  };
  return kj::str("\n   and ", kj::strArray(others, ", "));
}

}  // namespace

kj::String destinationText(proto::Prompt::Reader prompt) {
  if (prompt.getEverything()) return kj::str("many hosts");
  auto there = prompt.getDestination();
  auto domain = prompt.getDomain();
  auto host = domain.size() > 0 ? kj::str(domain, " (", there.getAddress(), ')')
                                : kj::str(there.getAddress());
  return printable(kj::str(host, placeText(there)));
}

kj::String questionText(proto::Prompt::Reader prompt) {
  auto program = prompt.getProgram();
  bool out = prompt.getDirection() == "out";
  auto waits = prompt.getWaiting() > 0
                   ? kj::str(prompt.getWaiting(), " waiting, ", uint64_t(prompt.getSecondsLeft()),
                             " s left; then ", prompt.getDefault())
                   : kj::str("nothing waits; until an answer: ", prompt.getDefault());
  auto network = networkText(prompt.getNetwork());
  return kj::str(
      "[", uint64_t(prompt.getId()), "] ", whoText(program), parentsText(program), "\n   ",
      out ? "wants to reach " : "is to be reached from ", destinationText(prompt),
      network.size() > 0 ? kj::str("\n   in ", network) : kj::String(), moreText(prompt), "\n   ",
      waits, "; asked ", uint64_t(prompt.getConnections()),
      prompt.getConnections() == 1 ? " time, " : " times, ",
      prompt.getRule().size() == 0 ? kj::str("as no rule matches")
                                   : kj::str("by rule \"", printable(prompt.getRule()), '"'));
}

kj::String closedText(proto::PromptClosed::Reader closed) {
  auto answer =
      closed.getAction().size() == 0
          ? kj::String()
          : kj::str(": ", closed.getAction(), ' ', closed.getLifetime(), ", ", closed.getScope());
  auto who = closed.getWho().size() == 0 ? kj::String() : kj::str(" by ", closed.getWho());
  auto rule =
      closed.getRule().size() == 0 ? kj::String() : kj::str(" (rule \"", closed.getRule(), "\")");
  return printable(
      kj::str("[", uint64_t(closed.getId()), "] ", closed.getHow(), who, answer, rule));
}

kj::Maybe<AnswerWords> parseAnswer(kj::StringPtr line, bool hasDomain) {
  auto words = wordsOf(line);
  if (words.empty()) return nullptr;
  AnswerWords answer;
  KJ_IF_MAYBE (action, actionFrom(words[0])) {
    answer.action = kj::str(*action);
  } else {
    return nullptr;
  }
  if (hasDomain) answer.scope = kj::str("domain");
  for (auto& word : words.asPtr().slice(1, words.size())) {
    if (isAmong(SCOPES, word))
      answer.scope = kj::str(word);
    else if (isAmong(LIFETIMES, word) || parseSpanMs(word) != nullptr)
      answer.lifetime = kj::str(word);
    else
      return nullptr;
  }
  return answer;
}

}  // namespace portreeve::cli
