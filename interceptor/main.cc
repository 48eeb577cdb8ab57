// SPDX-License-Identifier: GPL-3.0-or-later
// portreeve-interceptor: owns the four queues and all that needs CAP_NET_ADMIN; passes packets on
// unread and answers the kernel with policy's verdict.
#include "common/accounts.h"
#include "common/daemon-main.h"
#include "common/directories.h"
#include "common/privileges.h"
#include "common/service.h"
#include "common/settings.h"
#include "interceptor/keep-awake.h"
#include "interceptor/kernel.h"
#include "interceptor/sandbox.h"
#include "interceptor/service.h"

#include <kj/async-io.h>
#include <kj/async-unix.h>
#include <linux/capability.h>
#include <signal.h>

namespace portreeve::interceptor {
namespace {

constexpr const char* HELP =
    "Usage: portreeve-interceptor [--prove-sandbox | --version | --help]\n"
    "\n"
    "Holds the netfilter queues 17040, 17060, 17140 and 17160 of this network namespace (and, "
    "with\n"
    "[interceptor] queues, those behind them) and gives the kernel policy's verdicts. Started as\n"
    "root by systemd or `portreeve up`, which hand over the socket \"rpc\".\n"
    "\n"
    "  --prove-sandbox  enter the sandbox, try what must be refused there, and say so\n"
    "\n"
    "Files: $CONFIGURATION_DIRECTORY/portreeve.toml ([interceptor] queues, timeout_ms,\n"
    "       keep_awake), /dev/cpu_dma_latency,\n"
    "       $RUNTIME_DIRECTORY/attributor.sock, $RUNTIME_DIRECTORY/keeper.sock\n";

// Every message to a queue, to conntrack and to sock_diag is checked for it when it is sent.
constexpr int KEPT_CAPABILITIES[] = {CAP_NET_ADMIN};

int serve() {
  auto directories = Directories::fromEnvironment();
  auto accounts = Accounts::read();
  auto settings = Settings::load(directories.settingsFile());
  auto rpcSocket = service::HandedSockets::take().require("rpc");
  service::Notifier notifier;

  Kernel kernel(settings.interceptor.queues);
  if (settings.interceptor.keepAwake) kernel.latencyRequest = openLatencyRequest();
  countConntrackBytes();  // root owns the file; conntrack is there since Kernel joined its events

  dropPrivileges(accounts.of(Role::INTERCEPTOR), KEPT_CAPABILITIES);

  kj::UnixEventPort::captureSignal(SIGTERM);
  auto io = kj::setupAsyncIo();
  Service service(io, accounts, settings.interceptor, directories, kj::mv(rpcSocket), kernel,
                  notifier);
  auto terminated = io.unixEventPort.onSignal(SIGTERM).ignoreResult();

  service.setLandlock(enterSandbox());
  // Ready is said when policy has had the rules loaded (enforcer.h).
  service.serve()
      .exclusiveJoin(kj::mv(terminated))
      .exclusiveJoin(notifier.keepAlive(io.provider->getTimer()))
      .wait(io.waitScope);
  notifier.stopping();
  return 0;
}

int prove() {
  auto accounts = Accounts::read();
  dropPrivileges(accounts.of(Role::INTERCEPTOR), KEPT_CAPABILITIES);
  enterSandbox();
  return proveSandbox();
}

}  // namespace

int run(int argumentCount, char** arguments) {
  return daemonMain("interceptor", HELP, {{"", serve}, {"--prove-sandbox", prove}}, argumentCount,
                    arguments);
}

}  // namespace portreeve::interceptor

int main(int argc, char** argv) {
  return portreeve::interceptor::run(argc, argv);
}
