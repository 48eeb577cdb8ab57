// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/systemd.h"

#include "cli/child.h"
#include "cli/program-output.h"
#include "common/log.h"

#include <unistd.h>

namespace portreeve::cli {
namespace {

constexpr kj::StringPtr SYSTEMCTL = "/usr/bin/systemctl"_kj;

}  // namespace

bool systemdRunsHere() {
  return access("/run/systemd/system", F_OK) == 0;
}

bool suiteUnitsInstalled() {
  KJ_IF_MAYBE (state,
               outputOf(SYSTEMCTL, {"show"_kj, "-P"_kj, "LoadState"_kj, "portreeve.target"_kj}))
    return *state == "loaded\n";
  return false;
}

bool isActive(kj::StringPtr unit) {
  return outputOf(SYSTEMCTL, {"is-active"_kj, unit}) != nullptr;
}

bool systemctl(kj::ArrayPtr<const kj::StringPtr> words, kj::Duration limit) {
  ChildCommand command;
  command.program = kj::str(SYSTEMCTL);
  for (auto word : words) command.arguments.add(kj::str(word));
  command.environment.add(kj::str("PATH=/usr/sbin:/usr/bin:/sbin:/bin"));
  command.diesWithUs = false;
  int status = waitForChild(startChild(command), limit);
  if (status != 0)
    log::warning(kj::str("systemctl ", kj::strArray(words, " "), ": ", describeEnd(status)));
  return status == 0;
}

}  // namespace portreeve::cli
