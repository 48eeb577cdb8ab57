// SPDX-License-Identifier: GPL-3.0-or-later
// portreeve-gate: the entrypoint to Gate17. What a rule turned here leaves by a way of the
// settings, or not at all. With --node: the far end of such a way.
#include "common/accounts.h"
#include "common/daemon-main.h"
#include "common/directories.h"
#include "common/log.h"
#include "common/privileges.h"
#include "common/service.h"
#include "common/settings.h"
#include "gate17/keys.h"
#include "gate17/lookups.h"
#include "gate17/node-account.h"
#include "gate17/node-service.h"
#include "gate17/resources.h"
#include "gate17/sandbox.h"
#include "gate17/service.h"

#include <kj/async-io.h>
#include <kj/async-unix.h>
#include <signal.h>

namespace portreeve::gate17 {
namespace {

constexpr const char* HELP =
    "Usage: portreeve-gate [--node | --prove-sandbox | --version | --help]\n"
    "\n"
    "Carries connections that a rule with action = \"gate17\" turned here through one of the ways "
    "of\n"
    "portreeve.toml; and those of programs that speak SOCKS5 to port 717. Started by systemd or\n"
    "`portreeve up`, which hand over the sockets \"rpc\", \"turned-tcp4\" (127.0.0.17:1117),\n"
    "\"turned-udp4\", \"entry-tcp4\" (127.0.0.1:717), \"entry-tcp6\" and \"turned-udp6\" "
    "([::1]:717).\n"
    "\n"
    "  --node           be a node instead: take streams from other gates, whose keys "
    "[[node.client]]\n"
    "                   names, and let them out here; listens on [node] listen, or on sockets\n"
    "                   \"node-tcp…\" and \"node-udp…\" that are handed over; says how it does on\n"
    "                   \"rpc\", or on gate-node.sock\n"
    "  --prove-sandbox  enter the sandbox, try what must be refused there, and say so\n"
    "\n"
    "Files: $CONFIGURATION_DIRECTORY/portreeve.toml ([[gate.way]], [node]),\n"
    "       $RUNTIME_DIRECTORY/policy.sock, $RUNTIME_DIRECTORY/interceptor.sock,\n"
    "       $RUNTIME_DIRECTORY/resolver.sock, $RUNTIME_DIRECTORY/gate-node.sock\n";

int serve() {
  auto directories = Directories::fromEnvironment();
  auto accounts = Accounts::read();
  auto settings = Settings::load(directories.settingsFile());
  auto sockets = Sockets::take(service::HandedSockets::take());
  service::Notifier notifier;
  raiseDescriptorLimit();
  keepFreedMemory();

  kj::UnixEventPort::captureSignal(SIGTERM);
  auto io = kj::setupAsyncIo();
  // The credentials of the ways are read here: where `portreeve up` starts us, root alone may.
  Service service(io, accounts, settings.gate, directories, kj::mv(sockets));
  auto terminated = io.unixEventPort.onSignal(SIGTERM).ignoreResult();

  // No capability: the ports are bound already. Dies with its supervisor from here on.
  dropPrivileges(accounts.of(Role::GATE), nullptr);
  service.setLandlock(enterSandbox());
  notifier.ready();
  service.serve()
      .exclusiveJoin(kj::mv(terminated))
      .exclusiveJoin(notifier.keepAlive(io.provider->getTimer()))
      .wait(io.waitScope);
  notifier.stopping();
  return 0;
}

int serveNode() {
  auto directories = Directories::fromEnvironment();
  auto settings = Settings::load(directories.settingsFile());
  KJ_REQUIRE(settings.node.key.size() > 0, kj::str(directories.settingsFile(),
                                                   ": a node needs [node] key = \"FILE\": make one "
                                                   "with `portreeve gate keygen FILE`"));
  auto key = PrivateKey::read(settings.node.key);
  auto sockets = NodeSockets::take(service::HandedSockets::take(), settings.node, directories);
  auto account = nodeAccount();
  auto accounts = Accounts::read();
  service::Notifier notifier;
  raiseDescriptorLimit();
  keepFreedMemory();

  kj::UnixEventPort::captureSignal(SIGTERM);
  auto io = kj::setupAsyncIo();
  NodeService node(io, accounts, settings.node, key, kj::mv(sockets));
  auto terminated = io.unixEventPort.onSignal(SIGTERM).ignoreResult();
  loadNameService();

  dropPrivileges(account, nullptr);
  node.setLandlock(enterNodeSandbox());
  log::info(kj::str("a node, known by the key ", key.publicKey()));
  notifier.ready();
  node.serve()
      .exclusiveJoin(kj::mv(terminated))
      .exclusiveJoin(notifier.keepAlive(io.provider->getTimer()))
      .wait(io.waitScope);
  notifier.stopping();
  return 0;
}

int prove() {
  auto accounts = Accounts::read();
  dropPrivileges(accounts.of(Role::GATE), nullptr);
  enterSandbox();
  return proveSandbox();
}

}  // namespace

int run(int argumentCount, char** arguments) {
  return daemonMain("gate", HELP, {{"", serve}, {"--node", serveNode}, {"--prove-sandbox", prove}},
                    argumentCount, arguments);
}

}  // namespace portreeve::gate17

int main(int argc, char** argv) {
  return portreeve::gate17::run(argc, argv);
}
