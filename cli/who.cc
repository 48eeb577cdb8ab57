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
  Tuple socket;
  uint64_t inode;
  kj::Own<capnp::MallocMessageBuilder> message;
  view::Program::Reader program;  // in `message`
};

class Search {
public:
  Search(Session& session, const UserNames& users)
      : session(session), users(users), attributor(session.dial<proto::Attributor>("attributor")) {}

  void ask(const Tuple& socket) {
    auto request = attributor.whoRequest();
    socket.to(request.initTuple());
    auto answer = session.await("attributor", request.send());
    auto process = answer.getProcess();
    if (process.getPid() == 0) return remember(process);
    // A dual-stack socket answers to both families.
    for (auto& known : owners)
      if (known.inode != 0 && known.inode == process.getSocketInode()) return;
    auto message = kj::heap<capnp::MallocMessageBuilder>();
    auto program = message->initRoot<view::Program>();
    fillProgram(program, process, users);
    owners.add(Owner{socket, process.getSocketInode(), kj::mv(message), program});
  }

  kj::Vector<Owner> owners;
  kj::String whyNone = kj::str("no process has such a socket open");

private:
  Session& session;
  const UserNames& users;
  proto::Attributor::Client attributor;

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
    table.add(protocolText(owner.socket.protocol), program.getPath(), kj::str(program.getPid()),
              program.getUser(), placeOf(program),
              kj::str(program.getMethod(), ", ", program.getConfidence()),
              shortened(program.getCmdline(), 80));
  }
  print(table.text());
  if (owners.size() != 1) return;
  print("\n");
  for (auto& line : linesOf(owners[0].program)) printLine(toText(line));
}

}  // namespace

int who(const WhoOptions& options) {
  auto sockets = socketsMeant(options.words);
  Session session;
  auto users = UserNames::read();
  Search search(session, users);
  for (auto& socket : sockets) search.ask(socket);
  if (search.owners.empty()) throw Failure(FAILED, "nobody: ", printable(search.whyNone));
  if (!options.json) show(search.owners);
  if (options.json)
    for (auto& owner : search.owners) printLine(toJson(owner.program));
  return GOOD;
}

}  // namespace portreeve::cli
