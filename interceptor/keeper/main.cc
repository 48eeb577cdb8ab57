// SPDX-License-Identifier: GPL-3.0-or-later
// portreeve-keeper: loads the rules with iptables-restore, keeps them there, and takes them away.
#include "common/accounts.h"
#include "common/daemon-main.h"
#include "common/directories.h"
#include "common/dns-place.h"
#include "common/log.h"
#include "common/privileges.h"
#include "common/service.h"
#include "common/settings.h"
#include "interceptor/keeper/failure.h"
#include "interceptor/keeper/removal.h"
#include "interceptor/keeper/rule-keeper.h"
#include "interceptor/keeper/sandbox.h"
#include "interceptor/keeper/service.h"

#include <kj/async-io.h>
#include <kj/async-unix.h>
#include <linux/capability.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

namespace portreeve::keeper {
namespace {

constexpr const char* HELP =
    "Usage: portreeve-keeper [--load | --remove | --prove-sandbox | --version | --help]\n"
    "\n"
    "Loads the firewall rules of this network namespace when the interceptor asks for them, puts\n"
    "them back when another program changes them, and removes them. Started as root by systemd or\n"
    "`portreeve up`, which hand over the socket \"rpc\". Rules stay when it ends.\n"
    "\n"
    "  --load           load the rules and end: new connections are dropped until the suite runs\n"
    "  --remove         take away rules, chains, tables made for them, and marks in conntrack;\n"
    "                   exit 0 when nothing is left. Needs no other process of the suite\n"
    "  --prove-sandbox  enter the sandbox, try what must be refused there, and say so\n"
    "\n"
    "Files: $CONFIGURATION_DIRECTORY/portreeve.toml ([interceptor] iptables, host_rules;\n"
    "       [resolver] listen; [attributor] bpf); --remove reads none\n";

// nf_tables, conntrack and the legacy tables want the first; the raw socket by which
// iptables-legacy speaks to the kernel the second. The programs it runs inherit both.
constexpr int KEPT_CAPABILITIES[] = {CAP_NET_ADMIN, CAP_NET_RAW};

Settings readSettings() {
  auto settings = Settings::load(Directories::fromEnvironment().settingsFile());
  KJ_IF_MAYBE (place, DnsPlace::fromEnvironment()) moveTo(*place, settings);
  return settings;
}

void lockIn(bool legacy) {
  if (legacy) makeLegacyLockFile();
  dropPrivilegesAsRoot(KEPT_CAPABILITIES, true);
}

int serve() {
  auto accounts = Accounts::read();
  auto settings = readSettings();
  auto rpcSocket = service::HandedSockets::take().require("rpc");
  service::Notifier notifier;

  RuleKeeper keeper(chooseVariant(settings.interceptor.iptables), RulesetOptions::from(settings));
  auto ruleEvents = openRuleEvents();
  ForAttributor forAttributor(settings.attributor.bpf);

  lockIn(keeper.usesLegacy());

  kj::UnixEventPort::captureSignal(SIGTERM);
  auto io = kj::setupAsyncIo();
  Service service(io, accounts, kj::mv(rpcSocket), kj::mv(ruleEvents), keeper, forAttributor);
  auto terminated = io.unixEventPort.onSignal(SIGTERM).ignoreResult();

  service.setLandlock(enterSandbox(keeper.usesLegacy()));
  keeper.adopt();
  notifier.ready();
  service.serve()
      .exclusiveJoin(kj::mv(terminated))
      .exclusiveJoin(notifier.keepAlive(io.provider->getTimer()))
      .wait(io.waitScope);
  notifier.stopping();
  return 0;
}

void requireRoot() {
  if (geteuid() != 0) fail(kj::str("only root can change the kernel's rules"));
}

void requireNoOtherKeeper() {
  if (Guard().heldByAnother())
    fail(kj::str(
        "a portreeve-keeper runs in this network namespace: stop it first (`portreeve down`)"));
}

int load() {
  requireRoot();
  requireNoOtherKeeper();
  auto settings = readSettings();
  RuleKeeper keeper(chooseVariant(settings.interceptor.iptables), RulesetOptions::from(settings));
  lockIn(keeper.usesLegacy());
  enterSandbox(keeper.usesLegacy());
  keeper.load();
  log::info("the rules are in force");
  return 0;
}

int remove() {
  requireRoot();
  requireNoOtherKeeper();
  NfTables kernel;
  ConntrackCleaning conntrack;
  lockIn(true);
  enterSandbox(true);
  removeEverything(kernel, conntrack, true);
  return 0;
}

int prove() {
  bool legacy = chooseVariant(readSettings().interceptor.iptables) == Variant::LEGACY;
  lockIn(legacy);
  enterSandbox(legacy);
  return proveSandbox(legacy);
}

}  // namespace

int run(int argumentCount, char** arguments) {
  return daemonMain(
      "keeper", HELP,
      {{"", serve}, {"--load", load}, {"--remove", remove}, {"--prove-sandbox", prove}},
      argumentCount, arguments);
}

}  // namespace portreeve::keeper

int main(int argc, char** argv) {
  return portreeve::keeper::run(argc, argv);
}
