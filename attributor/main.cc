// SPDX-License-Identifier: GPL-3.0-or-later
// portreeve-attributor: finds the socket of each packet and, with its reader's help, the process
// behind it.
#include "attributor/examiner/examiner.h"
#include "attributor/sandbox.h"
#include "attributor/service.h"
#include "common/accounts.h"
#include "common/daemon-main.h"
#include "common/directories.h"
#include "common/privileges.h"
#include "common/service.h"
#include "common/settings.h"

#include <kj/async-io.h>
#include <kj/async-unix.h>
#include <signal.h>

namespace portreeve::attributor {
namespace {

constexpr const char* HELP =
    "Usage: portreeve-attributor [--prove-sandbox | --prove-examiner | --version | --help]\n"
    "\n"
    "Names the process behind each packet of this network namespace. Started by systemd or\n"
    "`portreeve up`, which hand over the socket \"rpc\".\n"
    "\n"
    "  --prove-sandbox   enter the sandbox, try what must be refused there, and say so\n"
    "  --prove-examiner  the same for the process that reads program files\n"
    "\n"
    "Files: $CONFIGURATION_DIRECTORY/portreeve.toml ([attributor] sock_diag),\n"
    "       $RUNTIME_DIRECTORY/reader.sock, $RUNTIME_DIRECTORY/policy.sock\n";

int serve() {
  auto directories = Directories::fromEnvironment();
  auto accounts = Accounts::read();
  auto rpcSocket = service::HandedSockets::take().require("rpc");
  service::Notifier notifier;

  auto settings = Settings::load(directories.settingsFile());

  Kernel kernel(settings.attributor.sockDiag);  // and rtnetlink; to ask needs no capability

  // No capability: what only root may look at, the reader looks at.
  dropPrivileges(accounts.of(Role::ATTRIBUTOR), nullptr);
  auto examiner = examiner::start();  // before the sandbox, which forks nothing

  kj::UnixEventPort::captureSignal(SIGTERM);
  auto io = kj::setupAsyncIo();
  Service service(io, accounts, directories, kj::mv(rpcSocket), kj::mv(examiner), kernel);
  auto terminated = io.unixEventPort.onSignal(SIGTERM).ignoreResult();

  service.setLandlock(enterSandbox());
  notifier.ready();
  service.serve()
      .exclusiveJoin(kj::mv(terminated))
      .exclusiveJoin(notifier.keepAlive(io.provider->getTimer()))
      .wait(io.waitScope);
  notifier.stopping();
  return 0;
}

int prove() {
  auto accounts = Accounts::read();
  dropPrivileges(accounts.of(Role::ATTRIBUTOR), nullptr);
  enterSandbox();
  return proveSandbox();
}

int proveExaminer() {
  auto accounts = Accounts::read();
  dropPrivileges(accounts.of(Role::ATTRIBUTOR), nullptr);
  examiner::enterSandbox();
  return examiner::proveSandbox();
}

}  // namespace

int run(int argumentCount, char** arguments) {
  return daemonMain("attributor", HELP,
                    {{"", serve}, {"--prove-sandbox", prove}, {"--prove-examiner", proveExaminer}},
                    argumentCount, arguments);
}

}  // namespace portreeve::attributor

int main(int argc, char** argv) {
  return portreeve::attributor::run(argc, argv);
}
