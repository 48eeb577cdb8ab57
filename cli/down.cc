// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/down.h"

#include "cli/daemon-paths.h"
#include "cli/leftovers.h"
#include "cli/listening-sockets.h"
#include "cli/lock.h"
#include "cli/processes.h"
#include "cli/program-output.h"
#include "cli/rules-removal.h"
#include "cli/session.h"
#include "cli/systemd.h"
#include "cli/terminal.h"
#include "common/log.h"
#include "proto/supervisor.capnp.h"

#include <kj/exception.h>
#include <signal.h>
#include <unistd.h>

namespace portreeve::cli {
namespace {

constexpr auto ASK_WITHIN = 2 * kj::SECONDS;
constexpr auto STOP_WITHIN = 40 * kj::SECONDS;  // its daemons 3 s, the rules 30 s at the very most
constexpr auto UNITS_WITHIN = 120 * kj::SECONDS;
constexpr auto KILL_WITHIN = 2 * kj::SECONDS;

void requireRoot() {
  if (geteuid() != 0)
    throw Failure(FAILED, "down: only root can take it down: try `sudo portreeve down`");
}

bool askToStop(Session& session) {
  if (!session.listens("supervisor")) return false;
  auto stop = session.dial<proto::Supervisor>("supervisor").stopRequest().send().ignoreResult();
  auto answered = session.io.provider->getTimer().timeoutAfter(ASK_WITHIN, kj::mv(stop));
  return kj::runCatchingExceptions([&]() { answered.wait(session.io.waitScope); }) == nullptr;
}

void signalHolder(const Directories& directories, int number) {
  KJ_IF_MAYBE (pid, Lock::holder(directories)) {
    log::info(kj::str("signal ", number, " to ", describeProcess(*pid)));
    kill(*pid, number);
  }
}

Lock stopSupervisor(Session& session) {
  auto& directories = session.directories;
  KJ_IF_MAYBE (lock, Lock::tryTake(directories)) return kj::mv(*lock);
  bool asked = askToStop(session);
  if (!asked) signalHolder(directories, SIGTERM);
  KJ_IF_MAYBE (lock, Lock::take(directories, asked ? STOP_WITHIN : 3 * KILL_WITHIN))
    return kj::mv(*lock);
  // It hangs. Its daemons end with it; the rules are removed by us.
  signalHolder(directories, SIGKILL);
  KJ_IF_MAYBE (lock, Lock::take(directories, KILL_WITHIN)) return kj::mv(*lock);
  throw Failure(FAILED, "down: somebody holds ", directories.runtime,
                "/up.lock and does not end: `fuser ", directories.runtime, "/up.lock` shows who");
}

bool systemdRunsTheSuite(const Directories& directories) {
  // The units know one runtime folder only: a suite elsewhere is none of theirs.
  if (directories.runtime != Directories::standardRuntime()) return false;
  return systemdRunsHere() &&
         outputOf("/usr/bin/systemctl",
                  {"is-active"_kj, "portreeve.target"_kj, "portreeve-rules.service"_kj}) != nullptr;
}

void stopUnits() {
  // The unit of the rules by name: it is then waited for, too.
  kj::StringPtr words[] = {"stop"_kj, "portreeve.target"_kj, "portreeve-rules.service"_kj};
  if (!systemctl(words, UNITS_WITHIN)) log::warning("the rules are taken out all the same");
}

void refuseUnderServiceManager(Session& session) {
  if (session.listens("keeper"))
    throw Failure(FAILED,
                  "a service manager runs portreeve here, and would put the rules back: stop it "
                  "there first");
}

}  // namespace

int down() {
  requireRoot();
  log::open("down");
  auto keeper = keeperPath();
  Session session;
  auto& directories = session.directories;
  if (systemdRunsTheSuite(directories)) stopUnits();
  kj::Maybe<Lock> lock;  // until the end, so that no `up` starts meanwhile
  if (access(directories.runtime.cStr(), F_OK) == 0) {
    lock = stopSupervisor(session);
    endLeftovers(directories);
    refuseUnderServiceManager(session);
    removeUnixSockets(directories);
  }
  if (!removeRules(keeper, directories)) return FAILED;
  printLine("portreeve is down: this network namespace is as it was before");
  return GOOD;
}

}  // namespace portreeve::cli
