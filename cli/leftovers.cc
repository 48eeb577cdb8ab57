// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/leftovers.h"

#include "cli/daemon-environment.h"
#include "cli/processes.h"
#include "common/log.h"

#include <kj/vector.h>
#include <signal.h>
#include <time.h>

namespace portreeve::cli {
namespace {

constexpr timespec BETWEEN_LOOKS{0, 20'000'000};
constexpr unsigned LOOKS = 100;

bool isOurs(pid_t pid, const Directories& directories) {
  // An account's daemon is not dumpable; root reads its environment all the same.
  if (environmentOf(pid, SUPERVISED_VARIABLE) == nullptr) return false;
  KJ_IF_MAYBE (runtime, environmentOf(pid, "RUNTIME_DIRECTORY"))
    return *runtime == directories.runtime;
  return false;
}

kj::Vector<pid_t> find(const Directories& directories) {
  kj::Vector<pid_t> found;
  for (pid_t pid : allProcesses())
    if (isOurs(pid, directories)) found.add(pid);
  return found;
}

}  // namespace

void endLeftovers(const Directories& directories) {
  for (unsigned i = 0; i < LOOKS; i++) {
    auto alive = find(directories);
    if (alive.empty()) return;
    for (pid_t pid : alive) {
      if (i == 0)
        log::info(kj::str("left over from an earlier run, ended: ", describeProcess(pid)));
      kill(pid, SIGKILL);
    }
    nanosleep(&BETWEEN_LOOKS, nullptr);
  }
}

}  // namespace portreeve::cli
