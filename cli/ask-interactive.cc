// SPDX-License-Identifier: GPL-3.0-or-later
// `portreeve ask` at a terminal: shows one question after the other, the one that has the least
// time first, and reads a line for each.
#include "cli/ask.h"
#include "cli/printable.h"
#include "cli/prompt-text.h"
#include "cli/terminal.h"

#include <capnp/message.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <map>
#include <set>

namespace portreeve::cli {
namespace {

constexpr size_t LONGEST_LINE = 1000;
constexpr kj::StringPtr HELP =
    "allow, block or drop (a, b, d), then how long (once, 5m, exit, restart, always) and about "
    "what "
    "(host, domain, port, program);\ndismiss (x): the default holds; skip (s): later; quit (q)"_kj;

class Desk final {
  // The questions that are open, and the one that is being asked.
public:
  void changed(proto::Prompt::Reader prompt) {
    if (!prompt.getMayAnswer()) return;
    auto id = uint64_t(prompt.getId());
    auto copied = kj::heap<capnp::MallocMessageBuilder>();
    copied->setRoot(prompt);
    auto known = open.find(id);
    if (known != open.end())
      known->second = kj::mv(copied);
    else
      open.emplace(id, kj::mv(copied));
    if (asking == 0) askNext();
  }

  void closed(proto::PromptClosed::Reader how) {
    auto id = uint64_t(how.getId());
    skipped.erase(id);
    if (open.erase(id) == 0) return;
    printLine(painted(closedText(how), Colour::DIM));
    if (asking == id) {
      asking = 0;
      askNext();
    }
  }

  void keepOnly(capnp::List<proto::Prompt>::Reader prompts) {
    std::set<uint64_t> still;
    for (auto prompt : prompts) still.insert(uint64_t(prompt.getId()));
    bool gone = std::erase_if(open, [&](auto& entry) { return still.count(entry.first) == 0; }) > 0;
    if (gone && open.count(asking) == 0) askNext();
  }

  void forget() {
    open.clear();
    asking = 0;
  }

  uint64_t current() const { return asking; }
  bool hasDomain() {
    auto found = open.find(asking);
    return found != open.end() &&
           found->second->getRoot<proto::Prompt>().asReader().getDomain().size() > 0;
  }

  void skip() {
    skipped[asking] = true;
    asking = 0;
    askNext();
  }

  void askNext() {
    asking = 0;
    kj::Maybe<proto::Prompt::Reader> next;
    for (auto& [id, message] : open) {
      if (skipped.count(id) != 0) continue;
      auto prompt = message->getRoot<proto::Prompt>().asReader();
      KJ_IF_MAYBE (best, next) {
        if (!isMoreUrgent(prompt, *best)) continue;
      }
      next = prompt;
      asking = id;
    }
    KJ_IF_MAYBE (prompt, next) {
      printLine(kj::str('\n', questionText(*prompt)));
      print("> ");
    }
  }

private:
  std::map<uint64_t, kj::Own<capnp::MallocMessageBuilder>> open;
  std::map<uint64_t, bool> skipped;
  uint64_t asking = 0;  // 0: none

  static bool isMoreUrgent(proto::Prompt::Reader a, proto::Prompt::Reader b) {
    if ((a.getWaiting() > 0) != (b.getWaiting() > 0)) return a.getWaiting() > 0;
    return a.getWaiting() > 0 && a.getSecondsLeft() < b.getSecondsLeft();
  }
};

class DeskSink final : public proto::PromptSink::Server {
public:
  DeskSink(Desk& desk, proto::Prompts::Client prompts) : desk(desk), all(kj::mv(prompts)) {}

  kj::Promise<void> prompts(PromptsContext context) override {
    for (auto prompt : context.getParams().getChanged()) desk.changed(prompt);
    return kj::READY_NOW;
  }
  kj::Promise<void> closed(ClosedContext context) override {
    for (auto how : context.getParams().getClosed()) desk.closed(how);
    return kj::READY_NOW;
  }
  kj::Promise<void> missed(MissedContext) override {
    // How some were closed was not told: those may not be asked about any longer.
    return all.listRequest().send().then(
        [this](auto&& answer) { desk.keepOnly(answer.getPrompts()); });
  }

private:
  Desk& desk;
  proto::Prompts::Client all;
};

class Lines {
  // What a person types. A terminal is opened anew, so that making it non-blocking changes nothing
  // for the shell that waits for us.
public:
  explicit Lines(kj::AsyncIoContext& io) : input(wrap(io)) {}

  kj::Promise<kj::Maybe<kj::String>> next() {
    KJ_IF_MAYBE (end, buffered.findFirst('\n')) {
      auto line = kj::str(buffered.slice(0, *end));
      buffered = kj::str(buffered.slice(*end + 1));
      return kj::Maybe<kj::String>(kj::mv(line));
    }
    return input->tryRead(piece, 1, sizeof piece)
        .then([this](size_t size) -> kj::Promise<kj::Maybe<kj::String>> {
          if (size == 0 || buffered.size() > LONGEST_LINE) return kj::Maybe<kj::String>(nullptr);
          buffered = kj::str(buffered, kj::heapString(piece, size));
          return next();
        });
  }

private:
  kj::Own<kj::AsyncInputStream> input;
  kj::String buffered;
  char piece[256];

  static kj::Own<kj::AsyncInputStream> wrap(kj::AsyncIoContext& io) {
    struct stat input;
    bool waits = fstat(STDIN_FILENO, &input) == 0 &&
                 (isatty(STDIN_FILENO) || S_ISFIFO(input.st_mode) || S_ISSOCK(input.st_mode));
    if (!waits)
      throw Failure(WRONG_USE,
                    "ask: answers are read from a terminal or a pipe; without one: `portreeve ask "
                    "--list`, `portreeve ask ID allow`");
    int fd = isatty(STDIN_FILENO) ? open("/dev/tty", O_RDONLY | O_CLOEXEC) : dup(STDIN_FILENO);
    if (fd < 0) throw Failure(FAILED, "ask: there is no terminal to read answers from");
    return io.lowLevelProvider->wrapInputFd(fd, kj::LowLevelAsyncIoProvider::TAKE_OWNERSHIP);
  }
};

class Conversation {
public:
  explicit Conversation(Session& session) : session(session), lines(session.io) {}

  int run() {
    for (;;) {
      auto prompts = promptsOf(session);
      auto request = prompts.watchRequest();
      request.setSink(kj::heap<DeskSink>(desk, prompts));
      request.setPresent(true);
      auto watching = session.await("policy", request.send());
      if (!saidHelp) printLine(painted(HELP, Colour::DIM));
      saidHelp = true;
      if (readUntilPolicyGoes(prompts)) return GOOD;
      desk.forget();
      session.waitForReturn("policy");
    }
  }

private:
  Session& session;
  Lines lines;
  Desk desk;
  bool saidHelp = false;

  bool readUntilPolicyGoes(proto::Prompts::Client& prompts) {
    // True: whoever sits here is done.
    for (;;) {
      kj::Maybe<kj::String> line;
      if (!waitForLine(line)) return false;
      KJ_IF_MAYBE (text, line) {
        if (!obey(prompts, *text)) return true;
      } else {
        return true;
      }
    }
  }

  bool waitForLine(kj::Maybe<kj::String>& line) {
    bool gone = false;
    auto typed = lines.next().then([&line](kj::Maybe<kj::String> text) { line = kj::mv(text); });
    typed.exclusiveJoin(session.whenGone("policy").then([&gone]() { gone = true; }))
        .wait(session.io.waitScope);
    return !gone;
  }

  bool obey(proto::Prompts::Client& prompts, kj::StringPtr line) {
    KJ_IF_MAYBE (words, parseAnswer(line, desk.hasDomain())) {
      if (words->action == "quit") return false;
      if (desk.current() == 0)
        say("nothing is asked just now");
      else if (words->action == "skip")
        desk.skip();
      else
        answer(prompts, *words);
    } else {
      say(HELP);
      desk.askNext();
    }
    return true;
  }

  void answer(proto::Prompts::Client& prompts, const AnswerWords& words) {
    try {
      if (words.action == "dismiss") {
        auto request = prompts.dismissRequest();
        request.setId(desk.current());
        session.await("policy", request.send());
      } else {
        auto request = prompts.answerRequest();
        request.setId(desk.current());
        auto answer = request.initAnswer();
        answer.setAction(words.action);
        answer.setLifetime(words.lifetime);
        answer.setScope(words.scope);
        session.await("policy", request.send());
      }
    } catch (const Failure& failure) {
      say(failure.sentence);
      desk.askNext();
    }
  }
};

}  // namespace

int askInteractively(Session& session) {
  return Conversation(session).run();
}

}  // namespace portreeve::cli
