// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/remote-login.h"

#include "cli/processes.h"
#include "cli/terminal.h"

#include <stdlib.h>
#include <unistd.h>

namespace portreeve::cli {
namespace {

constexpr unsigned MOST_ANCESTORS = 64;  // /proc may change while it is walked

bool sshdIsAncestor() {
  pid_t pid = getppid();
  for (unsigned i = 0; i < MOST_ANCESTORS && pid > 1; i++) {
    if (commandName(pid).startsWith("sshd")) return true;
    pid = parentOf(pid);
  }
  return false;
}

}  // namespace

bool cameBySsh() {
  const char* variable = getenv("SSH_CONNECTION");
  return (variable != nullptr && *variable != 0) || sshdIsAncestor();
}

uint32_t confirmSeconds(std::optional<uint32_t> asked, kj::StringPtr what) {
  if (asked.has_value()) return *asked;
  if (!cameBySsh()) return 0;
  say(kj::str("You came by ssh: ", what, " is taken back in ", REMOTE_CONFIRM_SECONDS,
              " s unless you say `portreeve confirm` (--confirm 0 to do without)."));
  return REMOTE_CONFIRM_SECONDS;
}

}  // namespace portreeve::cli
