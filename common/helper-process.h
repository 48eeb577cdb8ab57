// SPDX-License-Identifier: GPL-3.0-or-later
// A process that is forked to do one thing for its parent, over one socket, and never executes
// another program.
#pragma once

#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

namespace portreeve {

inline int becomeHelper(pid_t parent, int socket) {
  // In the child, right after fork(2): it ends with its parent, and keeps standard input, output
  // and error and that socket, whose number from now on is returned; nothing that was handed over.
  constexpr int KEPT = 3;
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(0);
  if (dup2(socket, KEPT) < 0 || close_range(KEPT + 1, ~0u, 0) != 0) _exit(1);
  return KEPT;
}

}  // namespace portreeve
