// SPDX-License-Identifier: GPL-3.0-or-later
// portreeve-reader: looks at other processes' /proc entries for the attributor, and hands over the
// bytes unread.
#include "attributor/reader/responder.h"
#include "attributor/reader/sandbox.h"
#include "attributor/reader/server.h"
#include "attributor/reader/slow-lane.h"
#include "common/accounts.h"
#include "common/daemon-main.h"
#include "common/privileges.h"
#include "common/service.h"
#include "common/status.h"

#include <errno.h>
#include <fcntl.h>
#include <kj/debug.h>
#include <linux/capability.h>
#include <unistd.h>

namespace portreeve::reader {
namespace {

constexpr const char* HELP =
    "Usage: portreeve-reader [--prove-sandbox | --version | --help]\n"
    "\n"
    "Tells the attributor which process holds a socket, and hands over what /proc says of it.\n"
    "Started as root by systemd or `portreeve up`, which hand over the socket \"reader\".\n"
    "\n"
    "  --prove-sandbox  enter the sandbox, try what must be refused there, and say so\n";

constexpr int KEPT_CAPABILITIES[] = {
    CAP_SYS_PTRACE,       // links in /proc/PID, and parts of stat: proc(5), ptrace(2)
    CAP_DAC_READ_SEARCH,  // the folder /proc/PID/fd; paths of programs in others' folders
};
constexpr unsigned SLOW_THREADS = 4;

void addCounters(OwnStatus& status, const Counts& counts) {
  status.addCounter("questions", [&counts]() { return double(counts.questions); });
  status.addCounter("malformed", [&counts]() { return double(counts.malformed); });
  status.addCounter("not_entitled", [&counts]() { return double(counts.notEntitled); });
  status.addCounter("owners_found", [&counts]() { return double(counts.found); });
  status.addCounter("owners_not_found", [&counts]() { return double(counts.notFound); });
}

kj::AutoCloseFd openProc() {
  int fd;
  KJ_SYSCALL(fd = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  return kj::AutoCloseFd(fd);
}

int serve() {
  auto accounts = Accounts::read();
  auto socket = service::HandedSockets::take().require("reader");
  service::Notifier notifier;

  dropPrivileges(accounts.of(Role::READER), KEPT_CAPABILITIES);

  auto termination = takeSignals();
  SlowLane slowLane(SLOW_THREADS);  // threads inherit the capabilities that are left
  OwnStatus status(Role::READER);
  Responder responder(openProc(), slowLane, status);
  addCounters(status, responder.counts);
  Server server(kj::mv(socket), kj::mv(termination), accounts, responder);

  status.setLandlock(enterSandbox());
  status.setState("running");
  notifier.ready();
  server.serve();
  notifier.stopping();
  return 0;
}

int prove() {
  auto accounts = Accounts::read();
  dropPrivileges(accounts.of(Role::READER), KEPT_CAPABILITIES);
  pid_t other = getppid();
  enterSandbox();
  return proveSandbox(other);
}

}  // namespace

int run(int argumentCount, char** arguments) {
  return daemonMain("reader", HELP, {{"", serve}, {"--prove-sandbox", prove}}, argumentCount,
                    arguments);
}

}  // namespace portreeve::reader

int main(int argc, char** argv) {
  return portreeve::reader::run(argc, argv);
}
