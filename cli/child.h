// SPDX-License-Identifier: GPL-3.0-or-later
// Starts a program the way a service manager does: its own few environment variables, its sockets
// from descriptor 3 on (sd_listen_fds(3)), nothing else of ours.
#pragma once

#include <kj/common.h>
#include <kj/string.h>
#include <kj/time.h>
#include <kj/vector.h>
#include <sys/types.h>

namespace portreeve::cli {

struct ChildSocket {
  kj::StringPtr name;  // $LISTEN_FDNAMES
  int fd;              // borrowed
};

struct ChildCommand {
  kj::String program;                  // its path
  kj::Vector<kj::String> arguments;    // without the program's name
  kj::Vector<kj::String> environment;  // "NAME=value"; all of it, but for the LISTEN_ variables
  kj::Vector<ChildSocket> sockets;
  int output = 2;  // where its standard output goes, borrowed
  bool diesWithUs = true;
  kj::Maybe<int> niceness;
  // A session of its own, of this niceness (setpriority(2), and sched(7) of autogroups). Best
  // effort: below 0 only root may.
};

pid_t startChild(const ChildCommand& command);
// Standard input is /dev/null, standard error ours; a process group of its own, so that Ctrl-C
// reaches us alone; signals are neither blocked nor ignored. Exit code 127 and a line on standard
// error where the program cannot be run. Throws FAILED where the kernel makes no process.

int waitForChild(pid_t pid, kj::Duration limit);
// Blocks; kills it past `limit`. The wait status, see wait(2).

kj::String describeEnd(int waitStatus);  // "exit code 1", "killed by signal 9"

}  // namespace portreeve::cli
