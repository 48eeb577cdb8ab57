// SPDX-License-Identifier: GPL-3.0-or-later
// portreeve-gateway: the API and the page, by HTTP on handed-over sockets.
#include "api-gateway/sandbox.h"
#include "api-gateway/service.h"
#include "common/accounts.h"
#include "common/daemon-main.h"
#include "common/directories.h"
#include "common/log.h"
#include "common/privileges.h"
#include "common/service.h"

#include <kj/async-io.h>
#include <kj/async-unix.h>
#include <signal.h>
#include <stdlib.h>

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
    "Files: $RUNTIME_DIRECTORY/*.sock, and the built UI in $PORTREEVE_UI (" PORTREEVE_UI_FOLDER
    ");\n"
    "       where it is not there, a plain page is served\n";

StaticFiles readUi() {
  const char* folder = getenv("PORTREEVE_UI");
  auto path = kj::str(folder == nullptr || *folder == 0 ? PORTREEVE_UI_FOLDER : folder);
  StaticFiles files;
  KJ_IF_MAYBE (e, kj::runCatchingExceptions([&]() { files = StaticFiles::read(path); }))
    log::exception(kj::str("reading the built UI in ", path, ": the plain page is served"), *e);
  return files;
}

int serve() {
  auto directories = Directories::fromEnvironment();
  auto accounts = Accounts::read();
  auto sockets = Sockets::take(service::HandedSockets::take());
  service::Notifier notifier;
  auto ui = readUi();
  auto users = UserNames::read();

  // No capability: the ports are bound already. Dies with its supervisor from here on.
  dropPrivileges(accounts.of(Role::GATEWAY), nullptr);

  kj::UnixEventPort::captureSignal(SIGTERM);
  auto io = kj::setupAsyncIo();
  Service service(io, accounts, kj::mv(directories), kj::mv(ui), kj::mv(users), kj::mv(sockets));
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
