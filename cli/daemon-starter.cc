// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/daemon-starter.h"

#include "cli/child.h"
#include "cli/daemon-environment.h"

#include <signal.h>

namespace portreeve::cli {
namespace {

int nicenessOf(Role role) {
  // As the units have it (CPUWeight, Nice): whoever floods the machine with work must not keep a
  // verdict waiting; nobody waits for the historian.
  switch (role) {
    case Role::GATEWAY:
    case Role::GATE:
      return 0;
    case Role::HISTORIAN:
      return 5;
    default:
      return -10;
  }
}

class ProcessChild final : public RunningChild {
public:
  ProcessChild(kj::UnixEventPort& port, pid_t started)
      : running(started), end(port.onChildExit(running)) {}

  pid_t pid() const override { return running.orDefault(0); }

  kj::Promise<kj::String> whenEnded() override {
    return end.then([](int status) { return describeEnd(status); });
  }

  void signal(int number) override {
    // Emptied by the event port at the moment of wait(2): never another process's number.
    KJ_IF_MAYBE (id, running) kill(*id, number);
  }

private:
  kj::Maybe<pid_t> running;
  kj::Promise<int> end;
};

}  // namespace

kj::Own<RunningChild> DaemonStarter::start(Role role) {
  ChildCommand command;
  command.program = kj::str(paths.of(role));
  command.environment = daemonEnvironment(directories, sockets.dnsPlace());
  command.sockets = sockets.of(role);
  command.niceness = nicenessOf(role);
  command.output = 2;  // our standard output says "ready" and nothing else
  return kj::heap<ProcessChild>(port, startChild(command));
}

}  // namespace portreeve::cli
