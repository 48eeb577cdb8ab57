// SPDX-License-Identifier: GPL-3.0-or-later
// portreeve-historian: writes down what policy tells it, and answers questions about the past.
#include "common/accounts.h"
#include "common/daemon-main.h"
#include "common/directories.h"
#include "common/dns-place.h"
#include "common/privileges.h"
#include "common/service.h"
#include "common/settings.h"
#include "history/sandbox.h"
#include "history/service.h"

#include <kj/async-io.h>
#include <kj/async-unix.h>
#include <signal.h>
#include <sys/stat.h>

namespace portreeve::history {
namespace {

constexpr const char* HELP =
    "Usage: portreeve-historian [--prove-sandbox | --version | --help]\n"
    "\n"
    "Records the connections that policy tells of and answers `portreeve history` and `portreeve\n"
    "replay`. Started by systemd or `portreeve up`, which hand over the socket \"rpc\".\n"
    "\n"
    "  --prove-sandbox  enter the sandbox, try what must be refused there, and say so\n"
    "\n"
    "Files: $CONFIGURATION_DIRECTORY/portreeve.toml ([history], [policy]),\n"
    "       $STATE_DIRECTORY/history/history.db, $RUNTIME_DIRECTORY/policy.sock\n";

int serve() {
  auto directories = Directories::fromEnvironment();
  auto accounts = Accounts::read();
  auto users = UserNames::read();
  auto settings = Settings::load(directories.settingsFile());
  KJ_IF_MAYBE (place, DnsPlace::fromEnvironment()) moveTo(*place, settings);
  noteWhoHasDnsPort(settings);
  auto rpcSocket = service::HandedSockets::take().require("rpc");
  service::Notifier notifier;

  // No capability at all. Dies with its supervisor from here on.
  dropPrivileges(accounts.of(Role::HISTORIAN), nullptr);
  umask(077);  // what was connected to is nobody else's business
  requireFolder(directories);

  kj::UnixEventPort::captureSignal(SIGTERM);
  auto io = kj::setupAsyncIo();
  auto landlock = lockFiles(directories);
  Service service(io, accounts, users, settings, directories, kj::mv(rpcSocket));
  auto terminated = io.unixEventPort.onSignal(SIGTERM).ignoreResult();

  service.setLandlock(landlock);
  lockCalls();
  notifier.ready();
  service.serve()
      .exclusiveJoin(notifier.keepAlive(io.provider->getTimer()))
      .exclusiveJoin(kj::mv(terminated))
      .wait(io.waitScope);
  notifier.stopping();
  return 0;
}

int prove() {
  auto directories = Directories::fromEnvironment();
  auto accounts = Accounts::read();
  dropPrivileges(accounts.of(Role::HISTORIAN), nullptr);
  lockFiles(directories);
  lockCalls();
  return proveSandbox();
}

}  // namespace

int run(int argumentCount, char** arguments) {
  return daemonMain("historian", HELP, {{"", serve}, {"--prove-sandbox", prove}}, argumentCount,
                    arguments);
}

}  // namespace portreeve::history

int main(int argc, char** argv) {
  return portreeve::history::run(argc, argv);
}
