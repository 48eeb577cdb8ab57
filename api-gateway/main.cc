// SPDX-License-Identifier: GPL-3.0-or-later
// portreeve-gateway: the API and the page, by HTTP on handed-over sockets.
#include "api-gateway/sandbox.h"
#include "api-gateway/service.h"
#include "common/accounts.h"
#include "common/directories.h"
#include "common/log.h"
#include "common/privileges.h"
#include "common/service.h"

#include <kj/async-io.h>
#include <kj/async-unix.h>
#include <signal.h>
#include <stdio.h>

#include <string_view>

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

void serve() {
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
  service.serve().exclusiveJoin(kj::mv(terminated)).wait(io.waitScope);
  notifier.stopping();
}

int prove() {
  auto accounts = Accounts::read();
  dropPrivileges(accounts.of(Role::GATEWAY), nullptr);
  enterSandbox();
  return proveSandbox();
}

int run(int argumentCount, char** arguments) {
  std::string_view option = argumentCount > 1 ? arguments[1] : "";
  if (argumentCount > 2 || (argumentCount == 2 && option != "--help" && option != "--version" &&
                            option != "--prove-sandbox")) {
    fprintf(stderr, "portreeve-gateway: unknown arguments; see portreeve-gateway --help\n");
    return 2;
  }
  if (option == "--help") return fputs(HELP, stdout) < 0;
  if (option == "--version") return puts("portreeve-gateway " PORTREEVE_VERSION) < 0;
  if (option == "--prove-sandbox") return prove();
  serve();
  return 0;
}

}  // namespace
}  // namespace portreeve::gateway

int main(int argc, char** argv) {
  portreeve::log::open("gateway");
  portreeve::log::KjMessages kjMessages;
  int code = 1;
  KJ_IF_MAYBE (problem,
               kj::runCatchingExceptions([&]() { code = portreeve::gateway::run(argc, argv); })) {
    portreeve::log::exception("gateway", *problem);
    return 1;
  }
  return code;
}
