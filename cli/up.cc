// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/up.h"

#include "cli/configuration-check.h"
#include "cli/confirmation.h"
#include "cli/daemon-paths.h"
#include "cli/daemon-starter.h"
#include "cli/failure.h"
#include "cli/leftovers.h"
#include "cli/listening-sockets.h"
#include "cli/lists-runner.h"
#include "cli/lock.h"
#include "cli/neighbours.h"
#include "cli/notify-socket.h"
#include "cli/remote-login.h"
#include "cli/rules-removal.h"
#include "cli/suite-folders.h"
#include "cli/supervisor-service.h"
#include "cli/supervisor.h"
#include "common/log.h"
#include "common/rpc-server.h"
#include "common/unix-listener.h"

#include <kj/async-io.h>
#include <kj/async-unix.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

namespace portreeve::cli {
namespace {

constexpr size_t MOST_ERRORS = 20;  // that are shown: the first ones are what to begin with

enum class End { ASKED, NOT_READY, NOT_CONFIRMED };

void requireRoot() {
  if (geteuid() != 0)
    throw Failure(FAILED, "up: only root can guard a machine: try `sudo portreeve up`");
}

void requireGoodConfiguration(const Directories& directories) {
  auto report = checkConfiguration(directories);
  size_t count = report.errors.size();
  if (count == 0) return;
  size_t shown = kj::min(count, MOST_ERRORS);
  auto more = count > shown ? kj::str("\nand ", count - shown, " more") : kj::String();
  throw Failure(FAILED, kj::strArray(report.errors.slice(0, shown), "\n"), more,
                "\nnothing was started: correct this (`portreeve check` shows ",
                count > shown ? "all of it)" : "it again)");
}

Lock requireLock(const Directories& directories) {
  KJ_IF_MAYBE (lock, Lock::tryTake(directories)) return kj::mv(*lock);
  auto holder = Lock::holder(directories);
  throw Failure(FAILED, "portreeve up already runs here, as pid ",
                holder == nullptr ? kj::str("?") : kj::str(holder.orDefault(0)), " (",
                directories.runtime,
                "/up.lock): `portreeve status` shows it, `portreeve down` "
                "ends it");
}

bool isIgnored(int number) {
  struct sigaction current {};
  return sigaction(number, nullptr, &current) == 0 && current.sa_handler == SIG_IGN;
}

struct StopSignals {
  // SIGHUP: the terminal has gone, and with it perhaps the only way to say `down`. Under nohup it
  // is ignored already, and stays so.
  bool hangup = !isIgnored(SIGHUP);

  void capture() const {
    kj::UnixEventPort::captureSignal(SIGTERM);
    kj::UnixEventPort::captureSignal(SIGINT);
    if (hangup) kj::UnixEventPort::captureSignal(SIGHUP);
    kj::UnixEventPort::captureChildExit();
  }

  kj::Promise<void> any(kj::UnixEventPort& port) const {
    auto signalled = port.onSignal(SIGTERM).exclusiveJoin(port.onSignal(SIGINT));
    if (hangup) signalled = signalled.exclusiveJoin(port.onSignal(SIGHUP));
    return signalled.ignoreResult();
  }
};

class Guard final : private kj::TaskSet::ErrorHandler {
  // The running suite, as long as `up` is in its event loop.
public:
  Guard(kj::AsyncIoContext& io, const Directories& directories, const Accounts& accounts,
        const DaemonPaths& paths, const ListeningSockets& sockets)
      : io(io),
        starter(io.unixEventPort, paths, sockets, directories),
        supervisor(io.provider->getTimer(), starter),
        confirmation(io.provider->getTimer()),
        lists(io.unixEventPort, directories),
        notifySocket(io.unixEventPort, directories.socket("notify")),
        rpc(*io.lowLevelProvider,
            listenUnixSocket(directories.socket("supervisor"), SOCK_STREAM | SOCK_NONBLOCK, 0666,
                             {0, 0})
                .release(),
            accounts,
            [this](Entitlement peer) -> capnp::Capability::Client {
              return makeSupervisorService({supervisor, confirmation, *stopRequest.fulfiller},
                                           kj::mv(peer));
            }),
        tasks(*this) {}

  End run(uint32_t confirmSeconds, kj::Promise<void> signalled) {
    tasks.add(notifySocket.receive(
        [this](pid_t from, kj::StringPtr message) { supervisor.notified(from, message); }));
    tasks.add(rpc.serve());
    tasks.add(lists.run());
    auto asked =
        signalled.exclusiveJoin(kj::mv(stopRequest.promise)).then([]() { return End::ASKED; });

    supervisor.start();
    return supervisor.whenReady()
        .then([this, confirmSeconds]() { return guard(confirmSeconds); })
        .exclusiveJoin(kj::mv(asked))
        .catch_([](kj::Exception&& e) {
          log::exception("starting", e);
          return End::NOT_READY;
        })
        .wait(io.waitScope);
  }

  void endDaemons() { supervisor.stop().wait(io.waitScope); }

private:
  kj::AsyncIoContext& io;
  DaemonStarter starter;
  Supervisor supervisor;
  Confirmation confirmation;
  ListsRunner lists;
  NotifySocket notifySocket;
  kj::PromiseFulfillerPair<void> stopRequest = kj::newPromiseAndFulfiller<void>();
  RpcServer rpc;
  kj::TaskSet tasks;  // last: destroyed first

  kj::Promise<End> guard(uint32_t confirmSeconds) {
    log::info("enforcing");
    puts("ready");
    fflush(stdout);
    if (confirmSeconds > 0)
      log::info(kj::str("unless `portreeve confirm` comes within ", confirmSeconds,
                        " s, everything is taken down again"));
    return confirmation.wait(confirmSeconds).then([confirmSeconds]() {
      log::error(
          kj::str("not confirmed within ", confirmSeconds, " s: everything is taken down again"));
      return End::NOT_CONFIRMED;
    });
  }

  void taskFailed(kj::Exception&& e) override { log::exception("up", e); }
};

}  // namespace

int up(const UpOptions& options) {
  requireRoot();
  log::open("up");
  log::KjMessages kjMessages;
  auto directories = Directories::fromEnvironment();
  auto paths = DaemonPaths::find(options.daemons);
  requireGoodConfiguration(directories);
  auto settings = Settings::load(directories.settingsFile());
  auto accounts = Accounts::read();

  makeRuntimeFolder(directories);
  auto lock = requireLock(directories);
  endLeftovers(directories);
  refuseRivals();
  warnOfNeighbours(settings);
  makeStateFolders(directories, accounts);

  // Before any daemon: whoever is dialled early waits in the socket instead of failing.
  ListeningSockets sockets;
  sockets.makeInetSockets(settings);
  sockets.makeUnixSockets(directories, accounts);

  StopSignals signals;
  signals.capture();
  auto io = kj::setupAsyncIo();
  uint32_t seconds = confirmSeconds(options.confirmSeconds, "everything");
  End end;
  {
    Guard guard(io, directories, accounts, paths, sockets);
    end = guard.run(seconds, signals.any(io.unixEventPort));
    guard.endDaemons();
  }
  // The keeper has ended, so nobody puts the rules back.
  bool removed = removeRules(paths.of(Role::KEEPER), directories);
  removeUnixSockets(directories);
  if (removed) log::info("taken down: the machine is as it was before");
  return end == End::ASKED && removed ? GOOD : FAILED;
}

}  // namespace portreeve::cli
