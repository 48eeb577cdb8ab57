// SPDX-License-Identifier: GPL-3.0-or-later
// portreeve-notify: shows questions about connections as notifications of the desktop. Runs as the
// person who is logged in, with no authority but his own.
#include "common/daemon-main.h"
#include "common/directories.h"
#include "common/service.h"
#include "notify/desk.h"
#include "notify/sandbox.h"

#include <kj/async-io.h>
#include <kj/async-unix.h>
#include <signal.h>

namespace portreeve::notify {
namespace {

constexpr const char* HELP =
    "Usage: portreeve-notify [--prove-sandbox | --version | --help]\n"
    "\n"
    "Shows the questions about your own programs' connections (action = \"ask\") as notifications\n"
    "of the desktop, with a button for each answer. While it runs and the screen is not locked, "
    "you\n"
    "count as being there. Runs as yourself, in your session: systemctl --user enable --now\n"
    "portreeve-notify.\n"
    "\n"
    "  --prove-sandbox  enter the sandbox, try what must be refused there, and say so\n"
    "\n"
    "Files: $RUNTIME_DIRECTORY/policy.sock (/run/portreeve), the session bus\n"
    "       ($DBUS_SESSION_BUS_ADDRESS, else $XDG_RUNTIME_DIR/bus)\n";

int serve() {
  auto policySocket = Directories::fromEnvironment().socket("policy");
  auto bus = SessionBus::open();
  service::Notifier notifier;
  kj::UnixEventPort::captureSignal(SIGTERM);
  kj::UnixEventPort::captureSignal(SIGINT);
  auto io = kj::setupAsyncIo();
  Desk desk(io, bus, policySocket);
  auto ended = io.unixEventPort.onSignal(SIGTERM).ignoreResult().exclusiveJoin(
      io.unixEventPort.onSignal(SIGINT).ignoreResult());
  enterSandbox();
  notifier.ready();
  desk.serve().exclusiveJoin(kj::mv(ended)).wait(io.waitScope);
  return 0;
}

int prove() {
  enterSandbox();
  return proveSandbox();
}

}  // namespace

int run(int argumentCount, char** arguments) {
  return daemonMain("notify", HELP, {{"", serve}, {"--prove-sandbox", prove}}, argumentCount,
                    arguments);
}

}  // namespace portreeve::notify

int main(int argc, char** argv) {
  return portreeve::notify::run(argc, argv);
}
