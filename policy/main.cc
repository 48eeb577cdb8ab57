// SPDX-License-Identifier: GPL-3.0-or-later
// portreeve-policy: holds rules, flows and names; its word is a verdict, and it has no other power.
#include "common/accounts.h"
#include "common/daemon-main.h"
#include "common/directories.h"
#include "common/dns-place.h"
#include "common/privileges.h"
#include "common/service.h"
#include "common/settings.h"
#include "policy/rules/week-time.h"
#include "policy/sandbox.h"
#include "policy/service.h"

#include <kj/async-io.h>
#include <kj/async-unix.h>
#include <signal.h>

namespace portreeve::policy {
namespace {

constexpr const char* HELP =
    "Usage: portreeve-policy [--prove-sandbox | --version | --help]\n"
    "\n"
    "Judges every connection of this network namespace by the rules in force. Started by systemd "
    "or\n"
    "`portreeve up`, which hand over the socket \"rpc\".\n"
    "\n"
    "  --prove-sandbox  enter the sandbox, try what must be refused there, and say so\n"
    "\n"
    "Files: $CONFIGURATION_DIRECTORY/portreeve.toml ([policy]), "
    "$CONFIGURATION_DIRECTORY/rules.d/*.toml,\n"
    "       $STATE_DIRECTORY/policy/rules.d/*.toml (the suite's own), "
    "$STATE_DIRECTORY/policy/tokens.toml,\n       "
    "$RUNTIME_DIRECTORY/attributor.sock,\n"
    "       $RUNTIME_DIRECTORY/interceptor.sock\n";

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
  dropPrivileges(accounts.of(Role::POLICY), nullptr);
  requireFolders(directories);

  kj::UnixEventPort::captureSignal(SIGTERM);
  auto io = kj::setupAsyncIo();
  Service service(io, accounts, settings, users, directories, kj::mv(rpcSocket), notifier);
  auto terminated = io.unixEventPort.onSignal(SIGTERM).ignoreResult();

  rules::WeekTime::prepare();
  service.setLandlock(lockFiles(directories));
  service.startCompiler();
  lockCalls();
  // In here, so that what could not be read again later is said now.
  service.loadTokens();
  service.loadRules();
  // Ready is said when the rules are in force (service.h).
  service.serve()
      .exclusiveJoin(kj::mv(terminated))
      .exclusiveJoin(notifier.keepAlive(io.provider->getTimer()))
      .wait(io.waitScope);
  notifier.stopping();
  return 0;
}

int prove() {
  auto directories = Directories::fromEnvironment();
  auto accounts = Accounts::read();
  dropPrivileges(accounts.of(Role::POLICY), nullptr);
  lockFiles(directories);
  lockCalls();
  return proveSandbox();
}

}  // namespace

int run(int argumentCount, char** arguments) {
  return daemonMain("policy", HELP, {{"", serve}, {"--prove-sandbox", prove}}, argumentCount,
                    arguments);
}

}  // namespace portreeve::policy

int main(int argc, char** argv) {
  return portreeve::policy::run(argc, argv);
}
