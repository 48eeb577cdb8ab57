// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/rules-removal.h"

#include "cli/child.h"
#include "cli/daemon-environment.h"
#include "common/log.h"

namespace portreeve::cli {
namespace {

constexpr auto REMOVE_WITHIN = 30 * kj::SECONDS;

}  // namespace

bool removeRules(kj::StringPtr keeper, const Directories& directories) {
  ChildCommand command;
  command.program = kj::str(keeper);
  command.arguments.add(kj::str("--remove"));
  command.environment = toolEnvironment(directories);
  command.diesWithUs = false;  // half a removal helps nobody
  int status = waitForChild(startChild(command), REMOVE_WITHIN);
  if (status == 0) return true;
  log::error(kj::str("removing the rules: ", keeper, " --remove: ", describeEnd(status),
                     ": `portreeve down` tries again"));
  return false;
}

}  // namespace portreeve::cli
