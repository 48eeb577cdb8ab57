// SPDX-License-Identifier: GPL-3.0-or-later
// portreeve-resolver: DNS to clients on handed-over sockets, each name judged by policy.
#include "common/accounts.h"
#include "common/directories.h"
#include "common/log.h"
#include "common/privileges.h"
#include "common/service.h"
#include "common/settings.h"
#include "resolver/sandbox.h"
#include "resolver/service.h"

#include <kj/async-io.h>
#include <kj/async-unix.h>
#include <signal.h>
#include <stdio.h>

#include <string_view>

namespace portreeve::resolver {
namespace {

constexpr const char* HELP =
    "Usage: portreeve-resolver [--prove-sandbox | --version | --help]\n"
    "\n"
    "Answers DNS queries whose names policy allows. Started by systemd or `portreeve up`, which\n"
    "hand over the sockets \"rpc\" and \"dns-udp4\", \"dns-udp6\", \"dns-tcp4\", \"dns-tcp6\".\n"
    "\n"
    "  --prove-sandbox  enter the sandbox, try what must be refused there, and say so\n"
    "\n"
    "Files: $CONFIGURATION_DIRECTORY/portreeve.toml ([resolver] upstreams),\n"
    "       $RUNTIME_DIRECTORY/policy.sock\n";

void serve() {
  auto directories = Directories::fromEnvironment();
  auto accounts = Accounts::read();
  auto settings = Settings::load(directories.settingsFile());
  auto upstreams = parseUpstreams(settings.resolver.upstreams);
  auto sockets = Sockets::take(service::HandedSockets::take());
  service::Notifier notifier;

  // No capability: the ports are bound already. Dies with its supervisor from here on.
  dropPrivileges(accounts.of(Role::RESOLVER), nullptr);

  kj::UnixEventPort::captureSignal(SIGTERM);
  auto io = kj::setupAsyncIo();
  Service service(io, accounts, upstreams, directories.socket("policy"), kj::mv(sockets));
  auto terminated = io.unixEventPort.onSignal(SIGTERM).ignoreResult();

  service.setLandlock(enterSandbox());
  notifier.ready();
  service.serve().exclusiveJoin(kj::mv(terminated)).wait(io.waitScope);
  notifier.stopping();
}

int prove() {
  auto accounts = Accounts::read();
  dropPrivileges(accounts.of(Role::RESOLVER), nullptr);
  enterSandbox();
  return proveSandbox();
}

int run(int argumentCount, char** arguments) {
  std::string_view option = argumentCount > 1 ? arguments[1] : "";
  if (argumentCount > 2 || (argumentCount == 2 && option != "--help" && option != "--version" &&
                            option != "--prove-sandbox")) {
    fprintf(stderr, "portreeve-resolver: unknown arguments; see portreeve-resolver --help\n");
    return 2;
  }
  if (option == "--help") return fputs(HELP, stdout) < 0;
  if (option == "--version") return puts("portreeve-resolver " PORTREEVE_VERSION) < 0;
  if (option == "--prove-sandbox") return prove();
  serve();
  return 0;
}

}  // namespace
}  // namespace portreeve::resolver

int main(int argc, char** argv) {
  portreeve::log::open("resolver");
  portreeve::log::KjMessages kjMessages;
  int code = 1;
  KJ_IF_MAYBE (problem,
               kj::runCatchingExceptions([&]() { code = portreeve::resolver::run(argc, argv); })) {
    portreeve::log::exception("resolver", *problem);
    return 1;
  }
  return code;
}
