// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/ask.h"

#include "cli/local-time.h"
#include "cli/printable.h"
#include "cli/prompt-text.h"
#include "cli/table.h"
#include "common/clock.h"
#include "common/json.h"

#include <unistd.h>

namespace portreeve::cli {
namespace {

void showTable(capnp::List<proto::Prompt>::Reader prompts) {
  uint64_t now = wallNs();
  Table table{{"ID", true}, {"ASKED"}, {"USER"},          {"PROGRAM"},
              {""},         {"HOST"},  {"WAITING", true}, {"LEFT", true}};
  for (auto prompt : prompts) {
    auto program = prompt.getProgram();
    bool out = prompt.getDirection() == "out";
    auto left = prompt.getWaiting() > 0 ? kj::str(uint64_t(prompt.getSecondsLeft()), " s")
                                        : kj::str(prompt.getDefault());
    table.add(
        kj::str(uint64_t(prompt.getId())), localTime(prompt.getAsked(), now), program.getUser(),
        program.getPath().size() > 0 ? program.getPath() : program.getName(), out ? "->" : "<-",
        destinationText(prompt), kj::str(prompt.getWaiting()), kj::mv(left));
  }
  print(table.text());
}

int list(Session& session, const AskOptions& options) {
  auto answer = session.await("policy", promptsOf(session).listRequest().send());
  auto prompts = answer.getPrompts();
  if (options.json) {
    for (auto prompt : prompts) printLine(toJson(prompt));
  } else if (prompts.size() == 0) {
    say("no questions");
  } else {
    showTable(prompts);
  }
  return GOOD;
}

int dismiss(Session& session, const AskOptions& options) {
  auto request = promptsOf(session).dismissRequest();
  request.setId(options.id);
  session.await("policy", request.send());
  return GOOD;
}

int answerOne(Session& session, const AskOptions& options) {
  if (options.action.empty())
    throw Failure(WRONG_USE, "ask: say an answer, too: allow, block, drop or dismiss");
  if (options.action == "dismiss") return dismiss(session, options);
  auto request = promptsOf(session).answerRequest();
  request.setId(options.id);
  auto words = request.initAnswer();
  words.setAction(options.action.c_str());
  words.setLifetime(options.lifetime.c_str());
  words.setScope(options.scope.c_str());
  auto result = session.await("policy", request.send());
  auto answered = result.getAnswered();
  if (options.json) {
    printLine(toJson(answered));
    return GOOD;
  }
  say(kj::str(answered.getSettled(), answered.getSettled() == 1 ? " connection" : " connections",
              " waited for it"));
  if (answered.getRule().size() > 0)
    say(kj::str("in force as rule \"", printable(answered.getRule()), "\""));
  return GOOD;
}

class PrintingSink final : public proto::PromptSink::Server {
public:
  explicit PrintingSink(bool json) : json(json) {}

  kj::Promise<void> prompts(PromptsContext context) override {
    for (auto prompt : context.getParams().getChanged())
      printLine(json ? toJson(prompt) : questionText(prompt));
    return kj::READY_NOW;
  }
  kj::Promise<void> closed(ClosedContext context) override {
    for (auto closed : context.getParams().getClosed())
      printLine(json ? toJson(closed) : closedText(closed));
    return kj::READY_NOW;
  }
  kj::Promise<void> missed(MissedContext) override {
    say("some changes are not shown: they came faster than they could be written");
    return kj::READY_NOW;
  }

private:
  bool json;
};

[[noreturn]] void follow(Session& session, const AskOptions& options) {
  for (;;) {
    auto request = promptsOf(session).watchRequest();
    request.setSink(kj::heap<PrintingSink>(options.json));
    auto watching = session.await("policy", request.send());
    session.waitUntilGone("policy");  // `watching` holds the subscription until then
    session.waitForReturn("policy");
  }
}

}  // namespace

proto::Prompts::Client promptsOf(Session& session) {
  session.forPeople();
  return session.dial<proto::Policy>("policy").promptsRequest().send().getPrompts();
}

int ask(const AskOptions& options) {
  Session session;
  if (options.id != 0) return answerOne(session, options);
  if (options.follow) follow(session, options);
  if (options.list || options.json) return list(session, options);
  return askInteractively(session);
}

}  // namespace portreeve::cli
