// SPDX-License-Identifier: GPL-3.0-or-later
// portreeve-resolver: DNS to clients on handed-over sockets, each name judged by policy.
#include "common/accounts.h"
#include "common/daemon-main.h"
#include "common/directories.h"
#include "common/privileges.h"
#include "common/service.h"
#include "common/settings.h"
#include "resolver/sandbox.h"
#include "resolver/service.h"

#include <kj/async-io.h>
#include <kj/async-unix.h>
#include <signal.h>

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
    "Files: $CONFIGURATION_DIRECTORY/portreeve.toml ([resolver]),\n"
    "       $RUNTIME_DIRECTORY/policy.sock\n";

kj::String listsFolder(const Directories& directories) {
  return kj::str(directories.state, "/lists");
}

int serve() {
  auto directories = Directories::fromEnvironment();
  auto accounts = Accounts::read();
  auto settings = Settings::load(directories.settingsFile());
  auto upstreams = UpstreamChoice::parse(settings.resolver);
  auto sockets = Sockets::take(service::HandedSockets::take());
  service::Notifier notifier;

  // No capability: the ports are bound already. Dies with its supervisor from here on.
  dropPrivileges(accounts.of(Role::RESOLVER), nullptr);

  auto files = FileReader::start(watchedFiles());

  kj::UnixEventPort::captureSignal(SIGTERM);
  auto io = kj::setupAsyncIo();
  Service service(io, accounts, settings.resolver, kj::mv(upstreams), directories, kj::mv(sockets),
                  kj::mv(files));
  auto terminated = io.unixEventPort.onSignal(SIGTERM).ignoreResult();

  service.setLandlock(enterSandbox(listsFolder(directories)));
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
  dropPrivileges(accounts.of(Role::RESOLVER), nullptr);
  enterSandbox(listsFolder(Directories::fromEnvironment()));
  return proveSandbox();
}

}  // namespace

int run(int argumentCount, char** arguments) {
  return daemonMain("resolver", HELP, {{"", serve}, {"--prove-sandbox", prove}}, argumentCount,
                    arguments);
}

}  // namespace portreeve::resolver

int main(int argc, char** argv) {
  return portreeve::resolver::run(argc, argv);
}
