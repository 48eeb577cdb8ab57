// SPDX-License-Identifier: GPL-3.0-or-later
// portreeve-gateway: the API and the page, by HTTP on handed-over sockets.
#include "api-gateway/sandbox.h"
#include "api-gateway/service.h"
#include "common/accounts.h"
#include "common/daemon-main.h"
#include "common/directories.h"
#include "common/privileges.h"
#include "common/service.h"

#include <kj/async-io.h>
#include <kj/async-unix.h>
#include <signal.h>

namespace portreeve::gateway {
namespace {

constexpr const char* HELP =
    "Usage: portreeve-gateway [--prove-sandbox | --version | --help]\n"
    "\n"
    "Serves the page and the API to whoever logged in with the link of `portreeve ui`. Started by\n"
    "systemd or `portreeve up`, which hand over the sockets \"rpc\", \"http4\" and \"http6\".\n"
    "\n"
    "  --prove-sandbox  enter the sandbox, try what must be refused there, and say so\n"
    "\n"
    "Files: $RUNTIME_DIRECTORY/*.sock\n";

int serve() {
  auto directories = Directories::fromEnvironment();
  auto accounts = Accounts::read();
  auto sockets = Sockets::take(service::HandedSockets::take());
  service::Notifier notifier;

  // No capability: the ports are bound already. Dies with its supervisor from here on.
  dropPrivileges(accounts.of(Role::GATEWAY), nullptr);

  kj::UnixEventPort::captureSignal(SIGTERM);
  auto io = kj::setupAsyncIo();
  Service service(io, accounts, kj::mv(directories), kj::mv(sockets));
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
  dropPrivileges(accounts.of(Role::GATEWAY), nullptr);
  enterSandbox();
  return proveSandbox();
}

}  // namespace

int run(int argumentCount, char** arguments) {
  return daemonMain("gateway", HELP, {{"", serve}, {"--prove-sandbox", prove}}, argumentCount,
                    arguments);
}

}  // namespace portreeve::gateway

int main(int argc, char** argv) {
  return portreeve::gateway::run(argc, argv);
}
