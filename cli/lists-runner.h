// SPDX-License-Identifier: GPL-3.0-or-later
// Runs portreeve-lists when policy has written down that somebody asked for it: what
// portreeve-lists.path does where systemd is.
#pragma once

#include "common/directories.h"

#include <kj/async-unix.h>
#include <kj/io.h>

namespace portreeve::cli {

class ListsRunner {
public:
  ListsRunner(kj::UnixEventPort& port, const Directories& directories);
  // UnixEventPort::captureChildExit() has been called, and policy's state folder is there.
  KJ_DISALLOW_COPY(ListsRunner);

  kj::Promise<void> run();
  // One at a time; what was asked for meanwhile is done after. Never resolves.

private:
  kj::UnixEventPort& port;
  const Directories& directories;
  kj::AutoCloseFd watch;
  kj::UnixEventPort::FdObserver observer;

  kj::Promise<void> wanted();
  bool drain();
  kj::Promise<void> update();
};

}  // namespace portreeve::cli
