// SPDX-License-Identifier: GPL-3.0-or-later
// Daemons as real processes.
#pragma once

#include "cli/daemon-paths.h"
#include "cli/listening-sockets.h"
#include "cli/supervisor.h"
#include "common/directories.h"

#include <kj/async-unix.h>

namespace portreeve::cli {

class DaemonStarter final : public ChildStarter {
public:
  DaemonStarter(kj::UnixEventPort& port, const DaemonPaths& paths, const ListeningSockets& sockets,
                const Directories& directories)
      : port(port), paths(paths), sockets(sockets), directories(directories) {}
  // UnixEventPort::captureChildExit() has been called. All are borrowed.

  kj::Own<RunningChild> start(Role role) override;

private:
  kj::UnixEventPort& port;
  const DaemonPaths& paths;
  const ListeningSockets& sockets;
  const Directories& directories;
};

}  // namespace portreeve::cli
