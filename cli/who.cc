// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/who.h"

#include "cli/printable.h"
#include "cli/program-view.h"
#include "cli/session.h"
#include "cli/socket-question.h"
#include "cli/table.h"
#include "common/json.h"
#include "common/process-view.h"
#include "proto/attributor.capnp.h"

#include <capnp/message.h>

namespace portreeve::cli {
namespace {

namespace view = proto::view;

struct Owner {
  kj::Maybe<Tuple> socket;  // none: asked for as a process
  uint64_t inode;
  kj::Own<capnp::MallocMessageBuilder> message;
  view::Program::Reader program;  // in `message`
};

class Search {
public:
  Search(Session& session, const UserNames& users)
      : session(session), users(users), attributor(session.dial<proto::Attributor>("attributor")) {}

  void ask(const Tuple& socket) {
    auto answer = whenExamined([&]() {
      auto request = attributor.whoRequest();
      socket.to(request.initTuple());
      return session.await("attributor", request.send());
    });
    auto process = answer.getProcess();
    // A dual-stack socket answers to both families.
    for (auto& known : owners)
      if (known.inode != 0 && known.inode == process.getSocketInode()) return;
    take(process, socket);
  }

  void ask(int32_t pid) {
    auto answer = whenExamined([&]() {
      auto request = attributor.whoIsRequest();
      request.setPid(pid);
      return session.await("attributor", request.send());
    });
    whyNone = kj::str("no process has this number");
    take(answer.getProcess(), nullptr);
  }

  kj::Vector<Owner> owners;
  kj::String whyNone = kj::str("no process has such a socket open");

private:
  Session& session;
  const UserNames& users;
  proto::Attributor::Client attributor;

  template <typename Ask>
  auto whenExamined(Ask&& ask) -> decltype(ask()) {
    // Of a program that nobody has asked for yet the SHA-256 comes a moment later.
    constexpr int TIMES = 30;
    constexpr auto PAUSE = 100 * kj::MILLISECONDS;
    auto answer = ask();
    for (int i = 0; i < TIMES && !answer.getProcess().getExamined(); i++) {
      session.io.provider->getTimer().afterDelay(PAUSE).wait(session.io.waitScope);
      answer = ask();
    }
    return answer;
  }

  void take(proto::Process::Reader process, kj::Maybe<Tuple> socket) {
    if (process.getPid() == 0) return remember(process);
    auto message = kj::heap<capnp::MallocMessageBuilder>();
    auto program = message->initRoot<view::Program>();
    fillProgram(program, process, users);
    if (!process.getExamined()) program.setExamination("not known yet");
    owners.add(Owner{socket, process.getSocketInode(), kj::mv(message), program});
  }

  void remember(proto::Process::Reader process) {
    if (process.getKind() == proto::ProcessKind::UNKNOWN && process.getReason().size() > 0)
      whyNone = kj::str(process.getReason());
  }
};

void show(kj::ArrayPtr<const Owner> owners) {
  Table table{{"PROTO"},   {"PROGRAM"},  {"PID", true},   {"USER"},
              {"RUNS IN"}, {"FOUND BY"}, {"COMMAND LINE"}};
  for (auto& owner : owners) {
    auto program = owner.program;
    auto protocol = kj::str("-"), method = kj::str("its number");
    KJ_IF_MAYBE (socket, owner.socket) {
      protocol = kj::str(protocolText(socket->protocol));
      method = kj::str(program.getMethod(), ", ", program.getConfidence());
    }
    table.add(kj::mv(protocol), program.getPath(), kj::str(program.getPid()), program.getUser(),
              placeOf(program), kj::mv(method), shortened(program.getCmdline(), 80));
  }
  print(table.text());
  if (owners.size() != 1) return;
  print("\n");
  for (auto& line : linesOf(owners[0].program)) printLine(toText(line));
}

}  // namespace

int who(const WhoOptions& options) {
  auto meant = understood(options.words);
  Session session;
  auto users = UserNames::read();
  Search search(session, users);
  KJ_IF_MAYBE (pid, meant.pid) search.ask(*pid);
  for (auto& socket : meant.sockets) search.ask(socket);
  if (search.owners.empty()) throw Failure(FAILED, "nobody: ", printable(search.whyNone));
  if (!options.json) show(search.owners);
  if (options.json)
    for (auto& owner : search.owners) printLine(toJson(owner.program));
  return GOOD;
}

}  // namespace portreeve::cli
