// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/modes.h"

#include "cli/change-effects.h"
#include "cli/local-time.h"
#include "cli/printable.h"
#include "cli/remote-login.h"
#include "cli/session.h"
#include "cli/terminal.h"
#include "cli/text-file.h"
#include "common/clock.h"
#include "common/json.h"
#include "common/time-span.h"
#include "proto/policy.capnp.h"

#include <unistd.h>

#include <iostream>

namespace portreeve::cli {
namespace {

proto::Modes::Client modesOf(Session& session) {
  return session.dial<proto::Policy>("policy").modesRequest().send().getModes();
}

uint32_t secondsOf(const std::string& span) {
  uint64_t milliseconds = parseSpanMs(span.c_str()).orDefault(0);
  constexpr uint64_t LONGEST = 30ull * 24 * 60 * 60;
  if (milliseconds < 1000 || milliseconds / 1000 > LONGEST)
    throw Failure(WRONG_USE, "\"", span.c_str(), "\" is no time from 1s to 30d: 30s, 5m, 2h, 7d");
  return uint32_t(milliseconds / 1000);
}

void begin(const ModeOptions& options, proto::Mode mode, kj::StringPtr name, bool block = false) {
  uint32_t seconds = secondsOf(options.lasting);
  Session session;
  auto call = modesOf(session).beginRequest();
  auto request = call.initRequest();
  request.setMode(mode);
  request.setSeconds(seconds);
  request.setBlock(block);
  uint32_t confirm = confirmSeconds(options.confirmSeconds, name);
  request.setConfirmSeconds(confirm);
  auto answer = session.await("policy", call.send());
  say(kj::str(name, " for ", span(seconds), "; `portreeve resume` ends it before"));
  sayAffected(answer.getAffected());
  if (confirm > 0) say(kj::str("it ends in ", confirm, " s unless you say `portreeve confirm`"));
}

kj::StringPtr nameOf(proto::Mode mode) {
  switch (mode) {
    case proto::Mode::LOCKDOWN:
      return "lockdown";
    case proto::Mode::PAUSE:
      return "pause";
    case proto::Mode::LEARN:
      return "learning";
    case proto::Mode::NONE:
      break;
  }
  return "nothing";
}

void showDiff(capnp::List<proto::LearnedRule>::Reader rules) {
  uint64_t now = wallNs();
  printLine("--- the rules that the suite keeps");
  printLine("+++ with what was learned");
  for (auto rule : rules) {
    kj::Vector<kj::String> examples;
    for (auto example : rule.getExamples()) examples.add(printable(example));
    printLine(
        painted(kj::str("@@ ", uint64_t(rule.getConnections()), " connections of ",
                        uint64_t(rule.getKinds()), rule.getKinds() == 1 ? " kind, " : " kinds, ",
                        localTime(rule.getFirst(), now), " to ", localTime(rule.getLast(), now),
                        ": ", kj::strArray(examples, ", "), " @@"),
                Colour::DIM));
    for (auto& line : linesOf(rule.getToml()))
      printLine(painted(kj::str('+', printable(line)), Colour::GREEN));
    printLine("+");
  }
}

bool personAgrees(uint count) {
  if (!isatty(STDIN_FILENO)) return false;
  print(kj::str("take ", count == 1 ? kj::str("this rule") : kj::str("these ", count, " rules"),
                "? [y/N] "));
  std::string line;
  std::getline(std::cin, line);
  return line == "y" || line == "yes";
}

void take(Session& session, capnp::List<proto::LearnedRule>::Reader rules) {
  auto toml = kj::strArray(
      KJ_MAP(rule, rules) { return kj::str(rule.getToml()); }, "\n");
  auto editor = session.dial<proto::Policy>("policy").editRequest().send().getEditor();
  auto request = editor.addRequest();
  request.setToml(toml);
  session.await("policy", request.send());
  session.await("policy", modesOf(session).forgetRequest().send());
  say(kj::str(rules.size(), rules.size() == 1 ? " rule is" : " rules are", " in force"));
}

}  // namespace

int lockdown(const ModeOptions& options) {
  begin(options, proto::Mode::LOCKDOWN, "lockdown");
  return GOOD;
}

int pauseRules(const ModeOptions& options) {
  begin(options, proto::Mode::PAUSE, "pause");
  return GOOD;
}

int learn(const ModeOptions& options) {
  begin(options, proto::Mode::LEARN, "learning", options.action == "block");
  say("`portreeve learn review` makes rules of what is seen");
  return GOOD;
}

int learnReview(const LearnReviewOptions& options) {
  Session session;
  auto answer = session.await("policy", modesOf(session).reviewRequest().send());
  auto rules = answer.getRules();
  if (options.json)
    for (auto rule : rules) printLine(toJson(rule));
  if (rules.size() == 0 && !options.json) say("nothing was learned");
  if (rules.size() == 0) return GOOD;
  if (!options.json) showDiff(rules);
  if (options.accept || (!options.json && personAgrees(rules.size()))) take(session, rules);
  return GOOD;
}

int learnForget() {
  Session session;
  auto answer = session.await("policy", modesOf(session).forgetRequest().send());
  say(kj::str("forgotten: ", uint64_t(answer.getKinds()), " kinds of connections"));
  return GOOD;
}

int resume() {
  Session session;
  auto answer = session.await("policy", modesOf(session).endRequest().send());
  if (answer.getEnded() == proto::Mode::NONE)
    say("the rules decide already");
  else
    say(kj::str(nameOf(answer.getEnded()), " has ended; the rules decide"));
  return GOOD;
}

}  // namespace portreeve::cli
