// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/browser.h"

#include <spawn.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

namespace portreeve::cli {
namespace {

bool isSet(const char* variable) {
  const char* value = getenv(variable);
  return value != nullptr && *value != 0;
}

}  // namespace

bool openInBrowser(kj::StringPtr url) {
  if (!isSet("DISPLAY") && !isSet("WAYLAND_DISPLAY")) return false;
  if (isSet("SUDO_UID")) return false;
  // Its words are none of ours: what is printed here is the link, or nothing.
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, STDERR_FILENO, STDOUT_FILENO);
  char name[] = "xdg-open";
  char* arguments[] = {name, const_cast<char*>(url.cStr()), nullptr};
  pid_t child = 0;
  int failed = posix_spawnp(&child, name, &actions, nullptr, arguments, environ);
  posix_spawn_file_actions_destroy(&actions);
  if (failed != 0) return false;
  int status = 0;
  return waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

}  // namespace portreeve::cli
